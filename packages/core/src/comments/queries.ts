import { z } from 'zod'

import { pageById } from '../database/page.ts'
import { query, type QueryContext } from '../kernel/command.ts'
import { pageInput, pageOf, type PageRequest } from '../kernel/page.ts'
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

interface About extends PageRequest {
  readonly column: 'task_id' | 'deliverable_id'
  readonly id: string
}

async function pageAbout(context: QueryContext, { column, id, ...asked }: About) {
  const rows = context.db.selectFrom('comments').selectAll().where('company_id', '=', context.companyId).where(column, '=', id)
  return pageById(rows, asked, { item: toComment })
}

export const mentions = query({
  title: 'List the comments that mention an agent, newest first',
  input: z.strictObject({ agentId: Id, ...pageInput }),
  output: pageOf(Comment),
  access: { scope: 'comments:read', company: 'agent' },
  http: ['GET', '/agents/:agentId/mentions'],
  async handle(context, input) {
    const rows = context.db
      .selectFrom('comment_mentions')
      .innerJoin('comments', (join) =>
        join.onRef('comments.company_id', '=', 'comment_mentions.company_id').onRef('comments.id', '=', 'comment_mentions.comment_id'),
      )
      .selectAll('comments')
      .where('comment_mentions.company_id', '=', context.companyId)
      .where(ofPresentTask(context.db, 'comments'))
      .where('comment_mentions.agent_id', '=', input.agentId)
    return pageById(rows, input, { column: 'comment_mentions.comment_id', isNewestFirst: true, item: toComment })
  },
})
