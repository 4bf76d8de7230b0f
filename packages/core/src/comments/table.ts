import { toAuthor, type AuthorColumns } from '../kernel/author.ts'
import type { Comment } from './schema.ts'

export interface CommentTable extends AuthorColumns {
  id: string
  company_id: string
  task_id: string
  parent_id: string | null
  body: string
  /** The deliverable that it is about, when it is about one. */
  deliverable_id: string | null
  /** JSON list of the ids of the agents that it mentions. */
  mentions: string
  created_at: string
}

/** The same mentions, by whom they are of. */
export interface CommentMentionTable {
  company_id: string
  agent_id: string
  comment_id: string
}

export function toComment(row: CommentTable): Comment {
  return {
    id: row.id,
    companyId: row.company_id,
    taskId: row.task_id,
    deliverableId: row.deliverable_id,
    parentId: row.parent_id,
    author: toAuthor(row),
    runId: row.run_id,
    body: row.body,
    mentions: JSON.parse(row.mentions),
    createdAt: row.created_at,
  }
}
