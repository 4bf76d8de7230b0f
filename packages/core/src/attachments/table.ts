/** Bytes that a company has, by their SHA-256; they lie in the blob store. */
export interface AssetTable {
  id: string
  company_id: string
  sha256: string
  byte_size: number
  created_at: string
}

export interface AttachmentTable {
  id: string
  company_id: string
  task_id: string
  comment_id: string | null
  asset_id: string
  name: string
  content_type: string
  author_kind: 'system' | 'user' | 'agent'
  author_id: string
  run_id: string | null
  created_at: string
  deleted_at: string | null
  version: number
}
