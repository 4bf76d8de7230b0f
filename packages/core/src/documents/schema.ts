import { z } from 'zod'

import { Author } from '../kernel/author.ts'
import { Id, IsoTime } from '../kernel/schema.ts'

/** The name of a document within its task. */
export const DocumentKey = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,63}$/, 'a key such as plan or design-notes: lower-case letters, digits and hyphens, up to 64')
  .describe('Such as `plan` or `design-notes`.')

export const DocumentHead = z
  .object({
    id: Id,
    companyId: Id,
    taskId: Id,
    key: DocumentKey,
    title: z.string(),
    currentRevision: z.number().int().describe('What to send as `baseRevision` with the next one.'),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'DocumentHead' })
export type DocumentHead = z.infer<typeof DocumentHead>

export const DeletedDocument = z.object({ id: Id, taskId: Id, key: DocumentKey, deletedAt: IsoTime }).meta({ id: 'DeletedDocument' })

export const DocumentRevision = z
  .object({
    revision: z.number().int(),
    title: z.string(),
    note: z.string().nullable().describe('Why it was revised.'),
    author: Author,
    runId: Id.nullable(),
    revisedAt: IsoTime,
  })
  .meta({ id: 'DocumentRevision' })

export const Document = z
  .object({ ...DocumentHead.shape, ...DocumentRevision.shape, body: z.string().describe('Markdown') })
  .meta({ id: 'Document' })
export type Document = z.infer<typeof Document>
