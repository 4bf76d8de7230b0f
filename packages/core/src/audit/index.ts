import * as queries from './queries.ts'

export const audit = {
  name: 'audit',
  operations: { ...queries },
} as const
