import { remove, upload } from './commands.ts'
import { attachmentEvents } from './events.ts'
import { content, get, list } from './queries.ts'
import { locatedAttachments } from './sql.ts'

export const attachments = {
  name: 'attachments',
  operations: { upload, list, get, content, delete: remove },
  events: attachmentEvents,
  entities: { attachment: { parameter: 'attachmentId', locate: locatedAttachments.locate } },
} as const
