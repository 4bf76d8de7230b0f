import { z } from 'zod'

import { query } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { decodeCursor, pageInput, pageOf, toPage } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { Task, TaskRef, TaskStatus } from './schema.ts'
import { toTask } from './table.ts'
import { findTask } from './sql.ts'

export const get = query({
  title: 'Show a task',
  input: z.strictObject({ taskId: TaskRef }),
  output: Task,
  access: { scope: 'tasks:read', company: 'task' },
  http: ['GET', '/tasks/:taskId'],
  async handle(context, input) {
    const task = await findTask(context.db, input.taskId)
    if (!task) throw notFound('task', input.taskId)
    return toTask(task)
  },
})

export const list = query({
  title: 'List tasks, oldest first',
  input: z.strictObject({
    companyId: Id,
    status: TaskStatus.optional(),
    assigneeAgentId: Id.optional(),
    parentId: Id.optional(),
    ...pageInput,
  }),
  output: pageOf(Task),
  access: { scope: 'tasks:read', company: 'company' },
  http: ['GET', '/companies/:companyId/tasks'],
  async handle(context, input) {
    let rows = context.db
      .selectFrom('tasks')
      .selectAll()
      .where('company_id', '=', context.companyId)
      .orderBy('id')
      .limit(input.limit + 1)
    if (input.status) rows = rows.where('status', '=', input.status)
    if (input.assigneeAgentId) rows = rows.where('assignee_agent_id', '=', input.assigneeAgentId)
    if (input.parentId) rows = rows.where('parent_id', '=', input.parentId)
    if (input.cursor) rows = rows.where('id', '>', String(decodeCursor(input.cursor, ['id'])[0]))
    return toPage(await rows.execute(), input.limit, { item: toTask, key: (row) => [row.id] })
  },
})
