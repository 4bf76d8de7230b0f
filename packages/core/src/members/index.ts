import { memberEvents } from './events.ts'

export const members = {
  name: 'members',
  operations: {},
  events: memberEvents,
} as const
