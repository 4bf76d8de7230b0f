import * as commands from './commands.ts'
import { priceEvents } from './events.ts'
import * as queries from './queries.ts'
import { locatedPrices } from './sql.ts'

export const prices = {
  name: 'prices',
  operations: { ...commands, ...queries },
  events: priceEvents,
  entities: { price: { parameter: 'priceId', locate: locatedPrices.locate } },
} as const
