import { toAuthor, type AuthorColumns } from '../kernel/author.ts'
import type { Attachment } from './schema.ts'

/** Bytes that a company has, by their SHA-256; they lie in the blob store. */
export interface AssetTable {
  id: string
  company_id: string
  sha256: string
  byte_size: number
  created_at: string
}

export interface AttachmentTable extends AuthorColumns {
  id: string
  company_id: string
  task_id: string
  comment_id: string | null
  asset_id: string
  name: string
  content_type: string
  created_at: string
  deleted_at: string | null
  version: number
}

export type AttachmentWithAsset = AttachmentTable & Pick<AssetTable, 'sha256' | 'byte_size'>

export function toAttachment(row: AttachmentWithAsset): Attachment {
  return {
    id: row.id,
    companyId: row.company_id,
    taskId: row.task_id,
    commentId: row.comment_id,
    name: row.name,
    contentType: row.content_type,
    byteSize: row.byte_size,
    sha256: row.sha256,
    author: toAuthor(row),
    runId: row.run_id,
    createdAt: row.created_at,
  }
}
