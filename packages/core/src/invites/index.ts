import { inviteEvents } from './events.ts'

export const invites = {
  name: 'invites',
  operations: {},
  events: inviteEvents,
} as const
