import { countAttempt, recordFailure } from './attempts.ts'
import * as commands from './commands.ts'
import { logIn, setPassword, setUp } from './enter.ts'
import { accountErrors } from './errors.ts'
import * as queries from './queries.ts'

export const accounts = {
  name: 'accounts',
  operations: {
    logIn,
    setUp,
    setPassword,
    ...commands,
    countAttempt,
    recordFailure,
    ...queries,
  },
  errors: accountErrors,
} as const
