import { z } from 'zod'

import { Id, IsoTime } from '../kernel/schema.ts'
import type { CommentTable } from './table.ts'

export const Author = z.object({ kind: z.enum(['system', 'user', 'agent']), id: z.string() })

export const Comment = z
  .object({
    id: Id,
    companyId: Id,
    taskId: Id,
    parentId: Id.nullable(),
    author: Author,
    runId: Id.nullable(),
    body: z.string().describe('Markdown'),
    createdAt: IsoTime,
  })
  .meta({ id: 'Comment' })
export type Comment = z.infer<typeof Comment>

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
