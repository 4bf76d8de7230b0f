import * as commands from './commands.ts'
import { get, list } from './queries.ts'

export const workers = {
  name: 'workers',
  operations: { ...commands, get, list },
} as const
