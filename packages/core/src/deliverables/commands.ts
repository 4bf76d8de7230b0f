import { z } from 'zod'

import { eventActor } from '../kernel/actor.ts'
import { command, type CommandContext } from '../kernel/command.ts'
import { notFound, ruleViolated } from '../kernel/errors.ts'
import { ContentType, Id } from '../kernel/schema.ts'
import { assertTransition } from '../kernel/transition.ts'
import { writeSearchEntry } from '../search/sql.ts'
import { taskMachine } from '../tasks/machine.ts'
import { TaskRef } from '../tasks/schema.ts'
import type { TaskTable } from '../tasks/table.ts'
import { moveTask, requireTask, wakeAssignee } from '../tasks/transition.ts'
import { deliverableMachine } from './machine.ts'
import { filesOf } from './files.ts'
import { Deliverable, deliverableParts, ReviewDecision, type DeliverableStatus } from './schema.ts'
import { aboutDeliverable, deliverableRef } from './supersede.ts'
import { changeDeliverable, findDeliverable, findReview, latestDeliverable } from './sql.ts'
import { toDeliverable, type DeliverableTable } from './table.ts'

export const submit = command({
  title: 'Submit a deliverable for review',
  description: 'The task moves to in_review. A version that still waited is superseded, one sent back is marked revised.',
  input: z.strictObject({
    taskId: TaskRef,
    title: z.string().trim().min(1).max(500),
    summary: z.string().max(10_000).optional(),
    content: z.string().min(1).max(1_000_000),
    contentType: ContentType.default('text/markdown'),
    ...deliverableParts,
  }),
  output: Deliverable,
  access: { scope: 'deliverables:submit', company: 'task' },
  http: ['POST', '/tasks/:taskId/deliverables'],
  creates: true,
  locks: 'rows',
  async handle(context, input) {
    const task = await requireTask(context, input.taskId)
    if (task.status !== 'in_review') assertTransition(taskMachine, task.status, { to: 'in_review', verb: 'submit' })
    const before = await latestDeliverable(context.tx, { companyId: context.companyId, taskId: task.id })
    if (before) await retire(context, before)
    const { actor } = context
    const row: DeliverableTable = {
      id: context.newId(),
      company_id: context.companyId,
      task_id: task.id,
      run_id: actor.kind === 'run' ? actor.id : null,
      agent_id: actor.kind === 'run' ? actor.agentId : actor.kind === 'agent' ? actor.id : task.assignee_agent_id,
      number: (before?.number ?? 0) + 1,
      parent_id: before?.id ?? null,
      title: input.title,
      summary: input.summary ?? null,
      content: input.content,
      content_type: input.contentType,
      files: JSON.stringify(await filesOf(context, task, input.fileIds ?? [])),
      actions: JSON.stringify(input.actions ?? []),
      usage: input.usage ? JSON.stringify(input.usage) : null,
      provider: input.provider ?? null,
      model: input.model ?? null,
      status: 'pending',
      version: 1,
      created_at: context.now,
      updated_at: context.now,
    }
    await context.tx.insertInto('deliverables').values(row).execute()
    const words = [row.summary ?? '', row.content].join('\n')
    await writeSearchEntry(context, { type: 'deliverable', id: row.id, taskId: row.task_id, title: row.title, body: words })
    context.emit('deliverable.submitted', deliverableRef(row), { ...aboutDeliverable(row), runId: row.run_id })
    if (task.status === 'in_progress') await moveTask(context, task, { to: 'in_review', verb: 'submit' })
    return toDeliverable(row, null)
  },
})

/** A newer version takes the place of the one before. */
async function retire(context: CommandContext, row: DeliverableTable): Promise<void> {
  const to = row.status === 'pending' ? 'superseded' : row.status === 'revision_requested' ? 'revised' : null
  if (to === null) return
  const next = await setStatus(context, row, { to, verb: 'submit' })
  if (to === 'superseded') context.emit('deliverable.superseded', deliverableRef(next), aboutDeliverable(next))
}

export const review = command({
  title: 'Decide about a deliverable',
  description:
    'Approved: the task is done. Revision requested: the task is todo again and its agent is woken with the feedback. Rejected: the task is blocked, or cancelled when you say so. Exactly one decision counts.',
  input: z.strictObject({
    deliverableId: Id,
    decision: ReviewDecision,
    feedback: z.string().trim().min(1).max(65_536).optional(),
    onReject: z.enum(['block', 'cancel']).default('block').describe('What a rejection does to the task.'),
  }),
  output: Deliverable,
  access: { scope: 'deliverables:review', company: 'deliverable' },
  http: ['POST', '/deliverables/:deliverableId/review'],
  async handle(context, input) {
    const { decision, feedback = null } = input
    if (decision === 'revision_requested' && feedback === null)
      throw ruleViolated('Say in feedback what should change; a revision without it can not succeed.')
    const row = await findDeliverable(context.tx, input.deliverableId)
    if (row?.company_id !== context.companyId) throw notFound('deliverable', input.deliverableId)
    const next = await setStatus(context, row, { to: decision, verb: 'review' })
    const reviewer = eventActor(context.actor)
    const decided = {
      deliverable_id: row.id,
      company_id: context.companyId,
      decision,
      feedback,
      reviewer_kind: reviewer.kind,
      reviewer_id: reviewer.id,
    }
    await context.tx
      .insertInto('reviews')
      .values({ ...decided, created_at: context.now })
      .execute()
    context.emit(`deliverable.${decision}`, deliverableRef(next), { ...aboutDeliverable(next), feedback })
    context.emit('review.completed', deliverableRef(next), { taskId: row.task_id, agentId: row.agent_id, decision })
    const task = await requireTask(context, row.task_id)
    await applyDecision(context, task, { decision, feedback, rejectedTo: input.onReject === 'cancel' ? 'cancelled' : 'blocked' })
    return toDeliverable(next, await findReview(context.tx, { companyId: context.companyId, deliverableId: row.id }))
  },
})

interface Decided {
  readonly decision: ReviewDecision
  readonly feedback: string | null
  readonly rejectedTo: 'blocked' | 'cancelled'
}

/** What a decision does to the task. A task that somebody moved on meanwhile is left alone. */
async function applyDecision(context: CommandContext, task: TaskTable, decided: Decided): Promise<void> {
  if (task.status !== 'in_review') return
  const reason = decided.feedback
  if (decided.decision === 'approved') await moveTask(context, task, { to: 'done', verb: 'review' })
  if (decided.decision === 'rejected')
    await moveTask(context, task, { to: decided.rejectedTo, verb: 'review', reason: reason ?? 'rejected', owner: 'reviewer' })
  if (decided.decision === 'revision_requested') {
    const open = await moveTask(context, task, { to: 'todo', verb: 'review', reason })
    await wakeAssignee(context, open, 'approval')
  }
}

async function setStatus(
  context: CommandContext,
  row: DeliverableTable,
  move: { to: DeliverableStatus; verb: 'review' | 'submit' },
): Promise<DeliverableTable> {
  assertTransition(deliverableMachine, row.status, move)
  const next = await changeDeliverable(context, row, { status: move.to })
  return next
}
