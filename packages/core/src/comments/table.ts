import type { Comment } from './schema.ts'

export interface CommentTable {
  id: string
  company_id: string
  task_id: string
  parent_id: string | null
  author_kind: 'system' | 'user' | 'agent'
  author_id: string
  run_id: string | null
  body: string
  /** The deliverable that it is about, when it is about one. */
  deliverable_id: string | null
  /** JSON list of the ids of the agents that it mentions. */
  mentions: string
  created_at: string
}

export function toComment(row: CommentTable): Comment {
  return {
    id: row.id,
    companyId: row.company_id,
    taskId: row.task_id,
    parentId: row.parent_id,
    author: { kind: row.author_kind, id: row.author_id },
    runId: row.run_id,
    body: row.body,
    createdAt: row.created_at,
  }
}
