import { labelEvents } from './events.ts'

export const labels = {
  name: 'labels',
  operations: {},
  events: labelEvents,
} as const
