import * as commands from './commands.ts'
import { deliveryEvents } from './events.ts'
import * as queries from './queries.ts'
import { replay } from './replay.ts'
import { locatedDeliveries } from './sql.ts'

export const deliveries = {
  name: 'deliveries',
  operations: { ...commands, ...queries, replay },
  events: deliveryEvents,
  entities: { delivery: { parameter: 'deliveryId', locate: locatedDeliveries.locate } },
} as const
