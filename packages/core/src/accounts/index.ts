import { countAttempt, recordFailure } from './attempts.ts'
import * as commands from './commands.ts'
import { deleteOwn, deleteSomebodys } from './delete.ts'
import { logIn, setPassword, setUp } from './enter.ts'
import { accountErrors } from './errors.ts'
import { giveOwnership, takeOwnership } from './owners.ts'
import * as queries from './queries.ts'

export const accounts = {
  name: 'accounts',
  operations: {
    logIn,
    setUp,
    setPassword,
    ...commands,
    giveOwnership,
    takeOwnership,
    deleteOwn,
    delete: deleteSomebodys,
    countAttempt,
    recordFailure,
    ...queries,
  },
  errors: accountErrors,
} as const
