import { approvalEvents } from './events.ts'

export const approvals = {
  name: 'approvals',
  operations: {},
  events: approvalEvents,
} as const
