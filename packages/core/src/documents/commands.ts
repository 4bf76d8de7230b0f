import { z } from 'zod'

import { authorColumns, toAuthor } from '../kernel/author.ts'
import { command, type CommandContext } from '../kernel/command.ts'
import { EngineError, kernelErrors, notFound } from '../kernel/errors.ts'
import { Id, wholeNumber } from '../kernel/schema.ts'
import { removeSearchEntry, writeSearchEntry } from '../search/sql.ts'
import { TaskRef } from '../tasks/schema.ts'
import { DeletedDocument, Document, DocumentKey } from './schema.ts'
import { changeDocument, findDocument, findDocumentById, findRevision, findSlot, nextRevision } from './sql.ts'
import { toDocument, type DocumentRevisionTable, type DocumentTable } from './table.ts'

export const put = command({
  title: "Write a document of a task, or a document's next revision",
  description:
    'Revisions are added and never changed. To revise, say in `baseRevision` which revision you have read: when somebody else was faster you get 409 with the current one, and nothing is overwritten. The same title and body again make no revision.',
  input: z.strictObject({
    taskId: TaskRef,
    key: DocumentKey,
    title: z.string().trim().min(1).max(500),
    body: z.string().max(524_288).describe('Markdown'),
    note: z.string().trim().min(1).max(2_000).optional().describe('Why it was revised.'),
    baseRevision: wholeNumber(0).prefault(0).describe('The revision that this one was made from; 0 for a new document.'),
  }),
  output: Document,
  access: { scope: 'documents:write', company: 'task' },
  http: ['POST', '/tasks/:taskId/documents'],
  creates: true,
  async handle(context, input) {
    const before = await readCurrent(context, input)
    if ((before?.document.revision ?? 0) !== input.baseRevision) throw revisionConflict(input, before)
    if (before && before.revision.title === input.title && before.revision.body === input.body) {
      context.unchanged()
      return toDocument(before.document, before.revision)
    }
    const document = await writeHead(context, input)
    const revision: DocumentRevisionTable = {
      company_id: context.companyId,
      document_id: document.id,
      number: document.revision,
      title: input.title,
      body: input.body,
      note: input.note ?? null,
      ...authorColumns(context.actor),
      created_at: context.now,
    }
    await context.tx.insertInto('document_revisions').values(revision).execute()
    const { id, task_id: taskId } = document
    await writeSearchEntry(context, { type: 'document', id, taskId, title: input.title, body: input.body })
    context.emit(
      'document.revised',
      { type: 'document', id, version: document.version },
      { taskId, key: document.key, title: document.title, revision: document.revision, note: revision.note },
    )
    return toDocument(document, revision)
  },
})

const remove = command({
  title: 'Delete a document of a task',
  description:
    'It is no longer listed, read or found; its revisions are kept. Written again under its key, it goes on with their numbers. Whoever may write it may delete it.',
  input: z.strictObject({ documentId: Id }),
  output: DeletedDocument,
  access: { scope: 'documents:write', company: 'document' },
  http: ['DELETE', '/documents/:documentId'],
  async handle(context, input) {
    const row = await findDocumentById(context.tx, input.documentId)
    if (row?.company_id !== context.companyId) throw notFound('document', input.documentId)
    const next = await changeDocument(context, row, { title: row.title, revision: 0 })
    await removeSearchEntry(context, { type: 'document', id: row.id })
    const { id, task_id: taskId, key, title, revision } = row
    context.emit('document.deleted', { type: 'document', id, version: next.version }, { taskId, key, title, revision })
    return { id, taskId, key, deletedAt: context.now }
  },
})
export { remove as delete }

interface Current {
  readonly document: DocumentTable
  readonly revision: DocumentRevisionTable
}

async function readCurrent(context: CommandContext, input: { taskId: string; key: string }): Promise<Current | null> {
  const { companyId, tx } = context
  const document = await findDocument(tx, { companyId, taskId: input.taskId, key: input.key })
  const revision = document && (await findRevision(tx, { companyId, documentId: document.id, number: document.revision }))
  return document && revision && { document, revision }
}

/** Writes what a document is called and which revision it is at, in its row or in a new one. */
async function writeHead(context: CommandContext, input: { taskId: string; key: string; title: string }): Promise<DocumentTable> {
  const { companyId, tx, now } = context
  const known = await findSlot(tx, { companyId, taskId: input.taskId, key: input.key })
  if (known) {
    const revision = await nextRevision(tx, { companyId, documentId: known.id })
    return changeDocument(context, known, { title: input.title, revision })
  }
  const row: DocumentTable = {
    id: context.newId(),
    company_id: companyId,
    task_id: input.taskId,
    key: input.key,
    title: input.title,
    revision: 1,
    version: 1,
    created_at: now,
    updated_at: now,
  }
  await tx.insertInto('documents').values(row).execute()
  return row
}

function revisionConflict({ key, baseRevision }: { key: string; baseRevision: number }, current: Current | null): EngineError {
  const details = { key, yourRevision: baseRevision, currentRevision: current?.revision.number ?? 0 }
  if (!current) {
    const message = `There is no document "${key}" here yet, so nothing can be its revision ${baseRevision}. Leave baseRevision out to write it.`
    return new EngineError(kernelErrors.version_conflict, message, { details })
  }
  const { number, title, created_at: revisedAt } = current.revision
  const author = toAuthor(current.revision)
  return new EngineError(
    kernelErrors.version_conflict,
    `"${key}" is at revision ${number} ("${title}", by ${author.kind} ${author.id}), yours was made from ${baseRevision}. Read it, put your change into it, and send baseRevision ${number}.`,
    { details: { ...details, title, author: { ...author }, revisedAt } },
  )
}
