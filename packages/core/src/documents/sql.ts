import type { Kysely } from 'kysely'

import { versionedChange } from '../database/versioned.ts'
import { rowById } from '../database/row-by-id.ts'
import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { locatedRows } from '../kernel/located.ts'
import { agentOfTask, belongsToTask } from '../tasks/sql.ts'
import type { DocumentRevisionTable, DocumentTable } from './table.ts'

const documentById = rowById('documents')

export async function findDocumentById(db: Kysely<Database>, id: string): Promise<DocumentTable | null> {
  return present(await documentById(db, id))
}

function present(row: DocumentTable | null): DocumentTable | null {
  return row && row.revision > 0 ? row : null
}

/** Where a document belongs; one that was deleted, or whose task was, is not there any more. */
export const locatedDocuments = locatedRows(findDocumentById, (document, db) => belongsToTask(db, document.task_id, agentOfTask))

interface DocumentName {
  readonly companyId: string
  readonly taskId: string
  readonly key: string
}

const documentByKey = statement((db, given: DocumentName) =>
  db
    .selectFrom('documents')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('task_id', '=', given.taskId)
    .where('key', '=', given.key),
)

export async function findDocument(db: Kysely<Database>, name: DocumentName): Promise<DocumentTable | null> {
  return present(await findSlot(db, name))
}

/** The row of a key of a task, also of a document that was deleted: written again, it goes on with its revisions. */
export async function findSlot(db: Kysely<Database>, name: DocumentName): Promise<DocumentTable | null> {
  return first(await documentByKey(db, name))
}

const newestNumber = statement((db, given: { companyId: string; documentId: string }) =>
  db
    .selectFrom('document_revisions')
    .select('number')
    .where('company_id', '=', given.companyId)
    .where('document_id', '=', given.documentId)
    .orderBy('number', 'desc')
    .limit(1),
)

/** The number that a document's next revision gets, whether it is deleted or not. */
export async function nextRevision(db: Kysely<Database>, given: { companyId: string; documentId: string }): Promise<number> {
  return (first(await newestNumber(db, given))?.number ?? 0) + 1
}

const revisionByNumber = statement((db, given: { companyId: string; documentId: string; number: number }) =>
  db
    .selectFrom('document_revisions')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('document_id', '=', given.documentId)
    .where('number', '=', given.number),
)

export async function findRevision(
  db: Kysely<Database>,
  given: { companyId: string; documentId: string; number: number },
): Promise<DocumentRevisionTable | null> {
  return first(await revisionByNumber(db, given))
}

export const changeDocument = versionedChange('documents', 'document')
