import * as attempts from './attempts.ts'
import * as commands from './commands.ts'
import * as enter from './enter.ts'
import { accountErrors } from './errors.ts'
import * as queries from './queries.ts'

export const accounts = {
  name: 'accounts',
  operations: {
    ...enter,
    ...commands,
    countAttempt: attempts.countAttempt,
    recordFailure: attempts.recordFailure,
    ...queries,
  },
  errors: accountErrors,
} as const
