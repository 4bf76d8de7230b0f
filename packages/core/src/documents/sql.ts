import type { Kysely, Transaction } from 'kysely'

import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { Location } from '../kernel/locate.ts'
import type { DocumentRevisionTable, DocumentTable } from './table.ts'

const documentById = statement((db, given: { id: string }) => db.selectFrom('documents').selectAll().where('id', '=', given.id))

export async function locateDocument(db: Kysely<Database>, id: string): Promise<Location | null> {
  const row = first(await documentById(db, { id }))
  return row && { id: row.id, companyId: row.company_id, taskId: row.task_id, agentId: null }
}

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
  return first(await documentByKey(db, name))
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

/** Moves a document that is still at the revision that was read to its next one; null when it is not. */
export async function reviseDocument(
  tx: Transaction<Database>,
  row: DocumentTable,
  changes: { title: string; updated_at: string },
): Promise<DocumentTable | null> {
  const next = await tx
    .updateTable('documents')
    .set({ ...changes, revision: row.revision + 1, version: row.version + 1 })
    .where('company_id', '=', row.company_id)
    .where('id', '=', row.id)
    .where('version', '=', row.version)
    .returningAll()
    .executeTakeFirst()
  return next ?? null
}
