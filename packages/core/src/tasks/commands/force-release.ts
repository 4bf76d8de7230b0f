import { z } from 'zod'

import { command, type CommandContext } from '../../kernel/command.ts'
import { ruleViolated } from '../../kernel/errors.ts'
import { cancelAndRelease } from '../../runs/cancel.ts'
import { requireRun } from '../../runs/end.ts'
import { findLease } from '../../runs/lease.ts'
import { findWaitingRun } from '../../runs/sql.ts'
import type { RunTable } from '../../runs/table.ts'
import { assignTask } from '../assign.ts'
import { showTask } from '../labels.ts'
import { Task, TaskRef } from '../schema.ts'
import { requireTask, taskRef } from '../transition.ts'

export const forceRelease = command({
  title: 'Take a task back from the run that has it',
  description:
    'The run is cancelled and can write nothing more; one that waits for an answer waits no longer. The task is todo again, or stays in review; nobody is woken for it.',
  input: z.strictObject({
    taskId: TaskRef,
    reason: z.string().trim().min(1).max(2_000),
    clearAssignee: z.boolean().default(false).describe('Whether the task is also taken from its assignee.'),
  }),
  output: Task,
  access: { scope: 'tasks:plan', company: 'task' },
  http: ['POST', '/tasks/:taskId/force-release'],
  async handle(context, { taskId, reason, clearAssignee }) {
    const task = await requireTask(context, taskId)
    const run = await findHolder(context, task.id)
    if (!run) throw ruleViolated(`${task.identifier} is ${task.status}, and no run has it.`, { status: task.status })
    await cancelAndRelease(context, run, { verb: run.status === 'waiting' ? 'cancel' : 'release', reason })
    const freed = await requireTask(context, task.id)
    const next = clearAssignee ? await assignTask(context, freed, { agentId: null, reason }) : freed
    const before = { runId: run.id, agentId: run.agent_id }
    context.emit('task.force_released', taskRef(next), { ...before, reason, isAssigneeCleared: clearAssignee })
    return showTask(context.tx, next)
  },
})

/** The run that works on a task, or waits to go on with it. */
async function findHolder(context: CommandContext, taskId: string): Promise<RunTable | null> {
  const scope = { companyId: context.companyId, taskId }
  const lease = await findLease(context.tx, scope)
  return lease ? requireRun(context, lease.run_id) : findWaitingRun(context.tx, scope)
}
