import { z } from 'zod'

import { pageById } from '../database/page.ts'
import { query, type QueryContext } from '../kernel/command.ts'
import { Download } from '../kernel/content.ts'
import { EngineError, kernelErrors, notFound } from '../kernel/errors.ts'
import { pageInput, pageOf } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { TaskRef } from '../tasks/schema.ts'
import { Attachment } from './schema.ts'
import { findAttachment, presentAttachments } from './sql.ts'
import { toAttachment, type AttachmentWithAsset } from './table.ts'

export const list = query({
  title: 'List the attachments of a task, oldest first',
  input: z.strictObject({ taskId: TaskRef, ...pageInput }),
  output: pageOf(Attachment),
  access: { scope: 'attachments:read', company: 'task' },
  http: ['GET', '/tasks/:taskId/attachments'],
  async handle(context, input) {
    const rows = presentAttachments(context.db, context.companyId).where('attachments.task_id', '=', input.taskId)
    return pageById(rows, input, { column: 'attachments.id', item: toAttachment })
  },
})

export const get = query({
  title: 'Show what is known of an attachment',
  input: z.strictObject({ attachmentId: Id }),
  output: Attachment,
  access: { scope: 'attachments:read', company: 'attachment' },
  http: ['GET', '/attachments/:attachmentId'],
  async handle(context, input) {
    return toAttachment(await requireAttachment(context, input.attachmentId))
  },
})

export const content = query({
  title: 'Download an attachment',
  description: 'Always as a file to be saved, never as a page to be shown.',
  input: z.strictObject({ attachmentId: Id }),
  output: Download,
  access: { scope: 'attachments:read', company: 'attachment' },
  http: ['GET', '/attachments/:attachmentId/content'],
  givesContent: true,
  async handle(context, input) {
    const { sha256, byteSize, name, contentType, id } = toAttachment(await requireAttachment(context, input.attachmentId))
    const bytes = await context.blobs.get(sha256)
    if (!bytes)
      throw new EngineError(kernelErrors.blobs_unavailable, `The bytes of attachment ${id} are not in the blob store of this engine.`, {
        details: { sha256 },
      })
    return { name, contentType, byteSize, sha256, content: bytes }
  },
})

async function requireAttachment(context: QueryContext, id: string): Promise<AttachmentWithAsset> {
  const row = await findAttachment(context.db, { companyId: context.companyId, id })
  if (!row) throw notFound('attachment', id)
  return row
}
