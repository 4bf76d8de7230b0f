import { z } from 'zod'

const about = { taskId: z.string(), commentId: z.string().nullable(), name: z.string() }

export const attachmentEvents = {
  'attachment.created': z.object({ ...about, contentType: z.string(), byteSize: z.number(), sha256: z.string() }),
  'attachment.deleted': z.object(about),
}
