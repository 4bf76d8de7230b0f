import * as queries from './queries.ts'

export const destinations = {
  name: 'destinations',
  operations: { ...queries },
  events: {},
} as const
