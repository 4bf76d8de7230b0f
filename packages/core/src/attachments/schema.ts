import { z } from 'zod'

import { Author } from '../kernel/author.ts'
import { Id, IsoTime } from '../kernel/schema.ts'

/** What a person calls a file: one name, without a way to it. It names nothing on any disk of ours. */
export const FileName = z
  .string()
  .trim()
  .min(1)
  .max(255)
  .regex(/^[^/\\\p{Cc}\u2028\u2029]+$/u, 'a name without slashes and control characters')
  .refine((name) => !/^\.+$/.test(name), 'a name, not a place')

export const Attachment = z
  .object({
    id: Id,
    companyId: Id,
    taskId: Id,
    commentId: Id.nullable(),
    name: z.string(),
    contentType: z.string().describe('As the uploader said; downloads of types that a browser would run come as application/octet-stream.'),
    byteSize: z.number().int(),
    sha256: z.string(),
    author: Author,
    runId: Id.nullable(),
    createdAt: IsoTime,
  })
  .meta({ id: 'Attachment' })
export type Attachment = z.infer<typeof Attachment>
