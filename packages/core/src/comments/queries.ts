import { z } from 'zod'

import { query, type QueryContext } from '../kernel/command.ts'
import { decodeCursor, pageInput, pageOf, toPage } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { TaskRef } from '../tasks/schema.ts'
import { ofPresentTask } from '../tasks/sql.ts'
import { Comment } from './schema.ts'
import { toComment } from './table.ts'

export const list = query({
  title: 'List the comments of a task, oldest first',
  description: 'With those about its deliverables.',
  input: z.strictObject({ taskId: TaskRef, ...pageInput }),
  output: pageOf(Comment),
  access: { scope: 'comments:read', company: 'task' },
  http: ['GET', '/tasks/:taskId/comments'],
  handle: (context, input) => pageAbout(context, { ...input, column: 'task_id', id: input.taskId }),
})

export const listOnDeliverable = query({
  title: 'List the comments about a deliverable, oldest first',
  input: z.strictObject({ deliverableId: Id, ...pageInput }),
  output: pageOf(Comment),
  access: { scope: 'comments:read', company: 'deliverable' },
  http: ['GET', '/deliverables/:deliverableId/comments'],
  handle: (context, input) => pageAbout(context, { ...input, column: 'deliverable_id', id: input.deliverableId }),
})

interface About {
  readonly column: 'task_id' | 'deliverable_id'
  readonly id: string
  readonly limit: number
  readonly cursor?: string | undefined
}

async function pageAbout(context: QueryContext, { column, id, limit, cursor }: About) {
  let rows = context.db
    .selectFrom('comments')
    .selectAll()
    .where('company_id', '=', context.companyId)
    .where(column, '=', id)
    .orderBy('id')
    .limit(limit + 1)
  if (cursor) rows = rows.where('id', '>', String(decodeCursor(cursor, ['id'])[0]))
  return toPage(await rows.execute(), limit, { item: toComment, key: (row) => [row.id] })
}

export const mentions = query({
  title: 'List the comments that mention an agent, newest first',
  input: z.strictObject({ agentId: Id, ...pageInput }),
  output: pageOf(Comment),
  access: { scope: 'comments:read', company: 'agent' },
  http: ['GET', '/agents/:agentId/mentions'],
  async handle(context, input) {
    let rows = context.db
      .selectFrom('comment_mentions')
      .innerJoin('comments', (join) =>
        join.onRef('comments.company_id', '=', 'comment_mentions.company_id').onRef('comments.id', '=', 'comment_mentions.comment_id'),
      )
      .selectAll('comments')
      .where('comment_mentions.company_id', '=', context.companyId)
      .where(ofPresentTask(context.db, 'comments'))
      .where('comment_mentions.agent_id', '=', input.agentId)
      .orderBy('comment_mentions.comment_id', 'desc')
      .limit(input.limit + 1)
    if (input.cursor) rows = rows.where('comment_mentions.comment_id', '<', String(decodeCursor(input.cursor, ['id'])[0]))
    return toPage(await rows.execute(), input.limit, { item: toComment, key: (row) => [row.id] })
  },
})
