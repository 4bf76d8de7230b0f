import { preferenceEvents } from './events.ts'

export const preferences = {
  name: 'preferences',
  operations: {},
  events: preferenceEvents,
} as const
