import { z } from 'zod'

import { familyOf } from '../../database/open.ts'
import { command } from '../../kernel/command.ts'
import { Id } from '../../kernel/schema.ts'
import { lockOverdue } from '../overdue.ts'
import { changeTask, taskRef } from '../transition.ts'

export const markOverdue = command({
  title: 'Say that tasks are overdue, once for each due date',
  input: z.strictObject({ companyId: Id, taskIds: z.array(Id).min(1).max(100) }),
  output: z.object({ marked: z.number().int() }),
  access: { scope: 'engine:internal', company: 'company' },
  locks: 'rows',
  async handle(context, { taskIds }) {
    const { tx, companyId, now } = context
    const tasks = await lockOverdue(tx, { companyId, taskIds, now, family: familyOf(tx) })
    for (const task of tasks) {
      const next = await changeTask(context, task, { overdue_at: now })
      context.emit('task.overdue', taskRef(next), { dueDate: task.due_at ?? now })
    }
    if (tasks.length === 0) context.unchanged()
    return { marked: tasks.length }
  },
})
