import * as commands from './commands/index.ts'
import { secretErrors } from './errors.ts'
import { secretEvents } from './events.ts'
import * as queries from './queries.ts'
import { locatedSecrets } from './sql.ts'

export const secrets = {
  name: 'secrets',
  operations: { ...commands, ...queries },
  events: secretEvents,
  errors: secretErrors,
  entities: { secret: { parameter: 'secretId', locate: locatedSecrets.locate } },
} as const
