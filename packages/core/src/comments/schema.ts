import { z } from 'zod'

import { Id, IsoTime } from '../kernel/schema.ts'
const Author = z.object({ kind: z.enum(['system', 'user', 'agent']), id: z.string() })

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
