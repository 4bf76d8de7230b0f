import * as commands from './commands.ts'
import { breakerErrors } from './errors.ts'
import { breakerEvents } from './events.ts'
import * as queries from './queries.ts'
import { locatedBreakers } from './sql.ts'

export const breakers = {
  name: 'breakers',
  operations: { ...commands, ...queries },
  events: breakerEvents,
  errors: breakerErrors,
  entities: { breaker: { parameter: 'breakerId', locate: locatedBreakers.locate } },
} as const
