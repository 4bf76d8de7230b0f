import { z } from 'zod'

import { findDeliverable } from '../deliverables/sql.ts'
import { command } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'
import { TaskRef } from '../tasks/schema.ts'
import { Comment, commentInput } from './schema.ts'
import { toComment } from './table.ts'
import { writeComment } from './write.ts'

const waking =
  'A comment that mentions the assignee wakes it, as does any comment of a person on a task that is todo; nobody is woken by their own.'

export const create = command({
  title: 'Comment on a task',
  description: waking,
  input: z.strictObject({ taskId: TaskRef, ...commentInput }),
  output: Comment,
  access: { scope: 'comments:create', company: 'task' },
  http: ['POST', '/tasks/:taskId/comments'],
  creates: true,
  locks: 'rows',
  async handle(context, input) {
    return toComment(await writeComment(context, { ...input, deliverableId: null }))
  },
})

export const createOnDeliverable = command({
  title: 'Comment on a deliverable',
  description: `It stands among the comments of its task too. ${waking}`,
  input: z.strictObject({ deliverableId: Id, ...commentInput }),
  output: Comment,
  access: { scope: 'comments:create', company: 'deliverable' },
  http: ['POST', '/deliverables/:deliverableId/comments'],
  creates: true,
  locks: 'rows',
  async handle(context, input) {
    const deliverable = await findDeliverable(context.tx, input.deliverableId)
    if (deliverable?.company_id !== context.companyId) throw notFound('deliverable', input.deliverableId)
    return toComment(await writeComment(context, { ...input, taskId: deliverable.task_id }))
  },
})
