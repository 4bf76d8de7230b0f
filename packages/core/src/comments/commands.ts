import { z } from 'zod'

import { eventActor } from '../kernel/actor.ts'
import { command } from '../kernel/command.ts'
import { ruleViolated } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'
import { TaskRef } from '../tasks/schema.ts'
import { Comment } from './schema.ts'
import { findComment } from './sql.ts'
import { toComment, type CommentTable } from './table.ts'

export const create = command({
  title: 'Comment on a task',
  input: z.strictObject({ taskId: TaskRef, parentId: Id.optional(), body: z.string().trim().min(1).max(65_536) }),
  output: Comment,
  access: { scope: 'comments:create', company: 'task' },
  http: ['POST', '/tasks/:taskId/comments'],
  creates: true,
  locks: 'rows',
  async handle(context, input) {
    if (input.parentId) {
      const parent = await findComment(context.tx, input.parentId)
      if (parent?.company_id !== context.companyId || parent.task_id !== input.taskId) {
        throw ruleViolated(`parentId: there is no comment ${input.parentId} on this task.`)
      }
    }
    const author = eventActor(context.actor)
    const row: CommentTable = {
      id: context.newId(),
      company_id: context.companyId,
      task_id: input.taskId,
      parent_id: input.parentId ?? null,
      author_kind: author.kind,
      author_id: author.id,
      run_id: author.runId,
      body: input.body,
      deliverable_id: null,
      mentions: '[]',
      created_at: context.now,
    }
    await context.tx.insertInto('comments').values(row).execute()
    context.emit('comment.created', { type: 'comment', id: row.id, version: 1 }, { taskId: row.task_id, parentId: row.parent_id })
    return toComment(row)
  },
})
