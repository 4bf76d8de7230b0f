import { interactionEvents } from './events.ts'

export const interactions = {
  name: 'interactions',
  operations: {},
  events: interactionEvents,
} as const
