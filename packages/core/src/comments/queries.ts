import { z } from 'zod'

import { query } from '../kernel/command.ts'
import { decodeCursor, pageInput, pageOf, toPage } from '../kernel/page.ts'
import { TaskRef } from '../tasks/schema.ts'
import { Comment } from './schema.ts'
import { toComment } from './table.ts'

export const list = query({
  title: 'List the comments of a task, oldest first',
  input: z.strictObject({ taskId: TaskRef, ...pageInput }),
  output: pageOf(Comment),
  access: { scope: 'comments:read', company: 'task' },
  http: ['GET', '/tasks/:taskId/comments'],
  async handle(context, input) {
    let rows = context.db
      .selectFrom('comments')
      .selectAll()
      .where('company_id', '=', context.companyId)
      .where('task_id', '=', input.taskId)
      .orderBy('id')
      .limit(input.limit + 1)
    if (input.cursor) rows = rows.where('id', '>', String(decodeCursor(input.cursor, ['id'])[0]))
    return toPage(await rows.execute(), input.limit, { item: toComment, key: (row) => [row.id] })
  },
})
