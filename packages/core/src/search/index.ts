import { searchEvents } from './events.ts'
import * as queries from './queries.ts'

export const search = {
  name: 'search',
  operations: { ...queries },
  events: searchEvents,
} as const
