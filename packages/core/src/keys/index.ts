import * as commands from './commands.ts'
import { keyEvents } from './events.ts'
import * as queries from './queries.ts'
import { locatedKeys } from './sql.ts'

export const keys = {
  name: 'keys',
  operations: { ...commands, ...queries },
  events: keyEvents,
  entities: { key: { parameter: 'keyId', locate: locatedKeys.locate } },
} as const
