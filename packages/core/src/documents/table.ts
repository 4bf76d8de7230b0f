import { toAuthor, type AuthorColumns } from '../kernel/author.ts'
import type { Document, DocumentHead } from './schema.ts'

export interface DocumentTable {
  id: string
  company_id: string
  task_id: string
  key: string
  title: string
  /** Number of its newest revision; 0 once it is deleted. Its revisions stay. */
  revision: number
  version: number
  created_at: string
  updated_at: string
}

/** Added, never changed. */
export interface DocumentRevisionTable extends AuthorColumns {
  company_id: string
  document_id: string
  number: number
  title: string
  body: string
  note: string | null
  created_at: string
}

export function toDocumentHead(row: DocumentTable): DocumentHead {
  return {
    id: row.id,
    companyId: row.company_id,
    taskId: row.task_id,
    key: row.key,
    title: row.title,
    currentRevision: row.revision,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

export function toRevisionHead(row: Omit<DocumentRevisionTable, 'body'>) {
  return {
    revision: row.number,
    title: row.title,
    note: row.note,
    author: toAuthor(row),
    runId: row.run_id,
    revisedAt: row.created_at,
  }
}

/** A document as it is, or was, at one revision. */
export function toDocument(row: DocumentTable, revision: DocumentRevisionTable): Document {
  return { ...toDocumentHead(row), ...toRevisionHead(revision), body: revision.body }
}
