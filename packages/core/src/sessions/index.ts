import * as commands from './commands.ts'
import * as queries from './queries.ts'

export const sessions = {
  name: 'sessions',
  operations: { ...commands, ...queries },
} as const
