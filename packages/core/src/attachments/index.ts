import { attachmentEvents } from './events.ts'

export const attachments = {
  name: 'attachments',
  operations: {},
  events: attachmentEvents,
} as const
