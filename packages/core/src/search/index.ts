import { searchEvents } from './events.ts'

export const search = {
  name: 'search',
  operations: {},
  events: searchEvents,
} as const
