import { z } from 'zod'

import { findComment } from '../comments/sql.ts'
import { findCompany } from '../companies/sql.ts'
import { authorColumns } from '../kernel/author.ts'
import { changedMeanwhile } from '../kernel/change.ts'
import { command } from '../kernel/command.ts'
import { Content } from '../kernel/content.ts'
import { notFound, ruleViolated } from '../kernel/errors.ts'
import { ContentType, Id } from '../kernel/schema.ts'
import { TaskRef } from '../tasks/schema.ts'
import { Attachment, FileName } from './schema.ts'
import { deleteAttachment, findAttachment, keepAsset } from './sql.ts'
import { toAttachment, type AttachmentTable } from './table.ts'

export const upload = command({
  title: 'Attach a file to a task',
  description: 'The body is the file itself, whatever its type. Its size is limited by the company; the same bytes are kept once.',
  input: z.strictObject({
    taskId: TaskRef,
    name: FileName,
    contentType: ContentType.default('application/octet-stream'),
    commentId: Id.optional().describe('The comment that it belongs to.'),
    content: Content,
  }),
  output: Attachment,
  access: { scope: 'attachments:write', company: 'task' },
  http: ['POST', '/tasks/:taskId/attachments'],
  creates: true,
  async takesContent({ db, companyId }) {
    const company = await findCompany(db, companyId)
    if (!company) throw notFound('company', companyId)
    return company.attachment_max_bytes
  },
  async handle(context, input) {
    const { companyId, now } = context
    if (input.commentId !== undefined) {
      const comment = await findComment(context.tx, input.commentId)
      if (comment?.company_id !== companyId || comment.task_id !== input.taskId)
        throw ruleViolated(`commentId: there is no comment ${input.commentId} on this task.`)
    }
    const { sha256, byteSize } = input.content
    const asset = await keepAsset(context.tx, {
      id: context.newId(),
      company_id: companyId,
      sha256,
      byte_size: byteSize,
      created_at: now,
    })
    const row: AttachmentTable = {
      id: context.newId(),
      company_id: companyId,
      task_id: input.taskId,
      comment_id: input.commentId ?? null,
      asset_id: asset.id,
      name: input.name,
      content_type: input.contentType,
      ...authorColumns(context.actor),
      created_at: now,
      deleted_at: null,
      version: 1,
    }
    await context.tx.insertInto('attachments').values(row).execute()
    context.emit('attachment.created', attachmentRef(row), { ...about(row), contentType: row.content_type, byteSize, sha256 })
    return toAttachment({ ...row, sha256, byte_size: byteSize })
  },
})

export const remove = command({
  title: 'Delete an attachment',
  description: 'It can not be read any more. An agent deletes what it uploaded itself, a run what is on its task.',
  input: z.strictObject({ attachmentId: Id }),
  output: Attachment,
  access: { scope: 'attachments:write', company: 'attachment' },
  http: ['DELETE', '/attachments/:attachmentId'],
  async handle(context, input) {
    const row = await findAttachment(context.tx, { companyId: context.companyId, id: input.attachmentId })
    if (!row) throw notFound('attachment', input.attachmentId)
    const next = await deleteAttachment(context.tx, row, context.now)
    if (!next) throw changedMeanwhile('attachment', row.id)
    context.emit('attachment.deleted', attachmentRef(next), about(next))
    return toAttachment(row)
  },
})

function attachmentRef(row: AttachmentTable) {
  return { type: 'attachment' as const, id: row.id, version: row.version }
}

function about(row: AttachmentTable) {
  return { taskId: row.task_id, commentId: row.comment_id, name: row.name }
}
