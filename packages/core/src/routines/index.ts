import { routineEvents } from './events.ts'

export const routines = {
  name: 'routines',
  operations: {},
  events: routineEvents,
} as const
