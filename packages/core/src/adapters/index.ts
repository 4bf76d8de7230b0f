import * as queries from './queries.ts'

export const adapters = {
  name: 'adapters',
  operations: { ...queries },
  events: {},
} as const
