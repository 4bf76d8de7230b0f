import { keyEvents } from './events.ts'

export const keys = {
  name: 'keys',
  operations: {},
  events: keyEvents,
} as const
