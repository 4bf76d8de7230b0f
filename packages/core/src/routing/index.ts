import { routingEvents } from './events.ts'

export const routing = {
  name: 'routing',
  operations: {},
  events: routingEvents,
} as const
