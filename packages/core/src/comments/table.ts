export interface CommentTable {
  id: string
  company_id: string
  task_id: string
  parent_id: string | null
  author_kind: 'system' | 'user' | 'agent'
  author_id: string
  run_id: string | null
  body: string
  created_at: string
}
