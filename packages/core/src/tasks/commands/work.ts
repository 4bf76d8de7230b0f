import { z } from 'zod'

import { command, type CommandContext } from '../../kernel/command.ts'
import { ruleViolated } from '../../kernel/errors.ts'
import { jsonObject } from '../../kernel/schema.ts'
import { assertTransition } from '../../kernel/transition.ts'
import { cancelAndRelease } from '../../runs/cancel.ts'
import { requireRun } from '../../runs/end.ts'
import { settleRun } from '../../runs/settle.ts'
import type { RunOutcome } from '../../ports/run-contract.ts'
import { showTask } from '../labels.ts'
import { taskMachine } from '../machine.ts'
import { Task, TaskRef } from '../schema.ts'
import type { TaskTable } from '../table.ts'
import { changeTask, moveTask, requireTask, taskRef } from '../transition.ts'

const access = { scope: 'tasks:work', company: 'task' } as const
const reason = z.string().trim().min(1).max(2_000)

export const progress = command({
  title: 'Say how far a task is',
  input: z.strictObject({
    taskId: TaskRef,
    percent: z.number().int().min(0).max(100),
    message: z.string().max(1_000).optional(),
    details: jsonObject.optional(),
  }),
  output: Task,
  access,
  http: ['POST', '/tasks/:taskId/progress'],
  mcp: { idempotent: true, additive: true },
  locks: 'rows',
  async handle(context, input) {
    const task = await requireTask(context, input.taskId)
    if (task.status !== 'in_progress')
      throw ruleViolated(`${task.identifier} is ${task.status}; progress belongs to a task that is in progress.`)
    const message = input.message ?? null
    const next = await changeTask(context, task, { progress_percent: input.percent, progress_message: message })
    context.emit('task.progress_updated', taskRef(next), { percent: input.percent, message, details: input.details })
    return showTask(context.tx, next)
  },
})

export const complete = command({
  title: 'Complete a task',
  description: 'A run that submitted its work does not complete it: the review does.',
  input: z.strictObject({ taskId: TaskRef }),
  output: Task,
  access,
  http: ['POST', '/tasks/:taskId/complete'],
  async handle(context, input) {
    const task = await requireTask(context, input.taskId)
    refuseOwnVerdict(context, task)
    assertTransition(taskMachine, task.status, { to: 'done', verb: 'complete' })
    return showTask(
      context.tx,
      (await settledByItsRun(context, task, { kind: 'done' })) ?? (await moveTask(context, task, { to: 'done', verb: 'complete' })),
    )
  },
})

export const block = command({
  title: 'Say that a task cannot go on, why, and who can change that',
  input: z.strictObject({ taskId: TaskRef, reason, owner: z.string().max(200).optional() }),
  output: Task,
  access,
  http: ['POST', '/tasks/:taskId/block'],
  async handle(context, input) {
    const task = await requireTask(context, input.taskId)
    assertTransition(taskMachine, task.status, { to: 'blocked', verb: 'block' })
    const outcome: RunOutcome = { kind: 'blocked', reason: input.reason, ...(input.owner !== undefined && { owner: input.owner }) }
    const move = { to: 'blocked', verb: 'block', reason: input.reason, owner: input.owner ?? null } as const
    return showTask(context.tx, (await settledByItsRun(context, task, outcome)) ?? (await moveTask(context, task, move)))
  },
})

/** What is under review is for the reviewer to decide, not for the run that submitted it. */
function refuseOwnVerdict({ actor }: CommandContext, task: TaskTable): void {
  if (actor.kind !== 'run' || task.status !== 'in_review') return
  throw ruleViolated(
    `${task.identifier} is in review, and its reviewer decides. End your run by runs.report with needs_review; there is nothing else to do.`,
    { taskId: task.id, status: task.status },
  )
}

/** A run that ends its own task reports by that; the task's next state is the settlement's. */
async function settledByItsRun(context: CommandContext, task: TaskTable, outcome: RunOutcome): Promise<TaskTable | null> {
  if (context.actor.kind !== 'run') return null
  await settleRun(context, await requireRun(context, context.actor.id), { outcome })
  return requireTask(context, task.id)
}

export const release = command({
  title: 'Give a task back without finishing it',
  description: 'The task is todo again and keeps its assignee; nobody is woken for it.',
  input: z.strictObject({ taskId: TaskRef, reason: reason.default('released') }),
  output: Task,
  access,
  http: ['POST', '/tasks/:taskId/release'],
  whenArchived: 'what still runs there has to end',
  async handle(context, input) {
    const task = await requireTask(context, input.taskId)
    assertTransition(taskMachine, task.status, { to: 'todo', verb: 'release' })
    if (task.checkout_run_id === null) throw ruleViolated(`${task.identifier} is not checked out.`)
    await cancelAndRelease(context, await requireRun(context, task.checkout_run_id), { verb: 'release', reason: input.reason })
    return showTask(context.tx, await requireTask(context, task.id))
  },
})

export const cancel = command({
  title: 'Cancel a task; its live run is stopped',
  input: z.strictObject({ taskId: TaskRef, reason: reason.optional() }),
  output: Task,
  access: { scope: 'tasks:plan', company: 'task' },
  http: ['POST', '/tasks/:taskId/cancel'],
  async handle(context, input) {
    const task = await requireTask(context, input.taskId)
    return showTask(context.tx, await moveTask(context, task, { to: 'cancelled', verb: 'cancel', reason: input.reason ?? null }))
  },
})
