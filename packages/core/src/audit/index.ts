import { auditEvents } from './events.ts'

export const audit = {
  name: 'audit',
  operations: {},
  events: auditEvents,
} as const
