import { documentEvents } from './events.ts'

export const documents = {
  name: 'documents',
  operations: {},
  events: documentEvents,
} as const
