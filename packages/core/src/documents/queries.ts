import { z } from 'zod'

import { pageById, pageByNumber } from '../database/page.ts'
import { query, type QueryContext } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { pageInput, pageOf } from '../kernel/page.ts'
import { wholeNumber } from '../kernel/schema.ts'
import { TaskRef } from '../tasks/schema.ts'
import { Document, DocumentHead, DocumentKey, DocumentRevision } from './schema.ts'
import { findDocument, findRevision } from './sql.ts'
import { toDocument, toDocumentHead, toRevisionHead, type DocumentTable } from './table.ts'

export const list = query({
  title: 'List the documents of a task, without their bodies',
  input: z.strictObject({ taskId: TaskRef, ...pageInput }),
  output: pageOf(DocumentHead),
  access: { scope: 'documents:read', company: 'task' },
  http: ['GET', '/tasks/:taskId/documents'],
  async handle(context, input) {
    const rows = context.db
      .selectFrom('documents')
      .selectAll()
      .where('company_id', '=', context.companyId)
      .where('task_id', '=', input.taskId)
      .where('revision', '>', 0)
    return pageById(rows, input, { item: toDocumentHead })
  },
})

export const get = query({
  title: 'Show a document as it is, or as it was at a revision',
  input: z.strictObject({ taskId: TaskRef, key: DocumentKey, revision: wholeNumber(1).optional() }),
  output: Document,
  access: { scope: 'documents:read', company: 'task' },
  http: ['GET', '/tasks/:taskId/documents/:key'],
  async handle(context, input) {
    const document = await requireDocument(context, input)
    const number = input.revision ?? document.revision
    const revision = await findRevision(context.db, { companyId: context.companyId, documentId: document.id, number })
    if (!revision) throw notFound('revision', `${number} of ${input.key}`)
    return toDocument(document, revision)
  },
})

export const revisions = query({
  title: "List a document's revisions, newest first; without their bodies",
  input: z.strictObject({ taskId: TaskRef, key: DocumentKey, ...pageInput }),
  output: pageOf(DocumentRevision),
  access: { scope: 'documents:read', company: 'task' },
  http: ['GET', '/tasks/:taskId/documents/:key/revisions'],
  async handle(context, input) {
    const document = await requireDocument(context, input)
    const rows = context.db
      .selectFrom('document_revisions')
      .select(['company_id', 'document_id', 'number', 'title', 'note', 'author_kind', 'author_id', 'run_id', 'created_at'])
      .where('company_id', '=', context.companyId)
      .where('document_id', '=', document.id)
    return pageByNumber(rows, input, toRevisionHead)
  },
})

async function requireDocument(context: QueryContext, name: { taskId: string; key: string }): Promise<DocumentTable> {
  const document = await findDocument(context.db, { companyId: context.companyId, taskId: name.taskId, key: name.key })
  if (!document) throw notFound('document', name.key)
  return document
}
