import { secretEvents } from './events.ts'

export const secrets = {
  name: 'secrets',
  operations: {},
  events: secretEvents,
} as const
