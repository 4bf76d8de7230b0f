import * as commands from './commands/index.ts'
import { secretErrors } from './errors.ts'
import { secretEvents } from './events.ts'
import * as queries from './queries.ts'
import { locateSecret } from './sql.ts'

export const secrets = {
  name: 'secrets',
  operations: { ...commands, ...queries },
  events: secretEvents,
  errors: secretErrors,
  entities: { secret: { parameter: 'secretId', locate: locateSecret } },
} as const
