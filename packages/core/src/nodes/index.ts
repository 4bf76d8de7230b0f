import * as commands from './commands.ts'
import * as queries from './queries.ts'

export const nodes = {
  name: 'nodes',
  operations: { ...commands, ...queries },
} as const
