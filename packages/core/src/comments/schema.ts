import { z } from 'zod'

import { Author } from '../kernel/author.ts'
import { Id, IsoTime } from '../kernel/schema.ts'

export const Comment = z
  .object({
    id: Id,
    companyId: Id,
    taskId: Id,
    deliverableId: Id.nullable().describe('The deliverable that it is about, when it is about one.'),
    parentId: Id.nullable(),
    author: Author,
    runId: Id.nullable(),
    body: z.string().describe('Markdown'),
    mentions: z.array(Id).describe('The agents that it mentions.'),
    createdAt: IsoTime,
  })
  .meta({ id: 'Comment' })
export type Comment = z.infer<typeof Comment>

/** What a comment is written from, wherever it is written. */
export const commentInput = {
  parentId: Id.optional().describe('The comment that this one answers.'),
  body: z.string().trim().min(1).max(65_536).describe('Markdown; `@Ada Byron` and `@ada-byron` mention the agent of that name.'),
  mentions: z.array(Id).max(50).default([]).describe('Agents to mention beside those that the text names.'),
}
