export interface DocumentTable {
  id: string
  company_id: string
  task_id: string
  key: string
  title: string
  /** Number of its newest revision. */
  revision: number
  version: number
  created_at: string
  updated_at: string
}

/** Added, never changed. */
export interface DocumentRevisionTable {
  company_id: string
  document_id: string
  number: number
  title: string
  body: string
  note: string | null
  author_kind: 'system' | 'user' | 'agent'
  author_id: string
  run_id: string | null
  created_at: string
}
