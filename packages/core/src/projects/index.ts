import { projectEvents } from './events.ts'

export const projects = {
  name: 'projects',
  operations: {},
  events: projectEvents,
} as const
