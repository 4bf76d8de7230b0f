import { list, task } from './queries.ts'

export const events = {
  name: 'events',
  operations: { list, task },
} as const
