import { sprintEvents } from './events.ts'

export const sprints = {
  name: 'sprints',
  operations: {},
  events: sprintEvents,
} as const
