import { z } from 'zod'

import { requireAgent } from '../../agents/change.ts'
import { stoppedBy } from '../../budgets/exceeded.ts'
import { refuseAwaited } from '../../interactions/awaited.ts'
import { isExecuted } from '../../kernel/adapters.ts'
import { command } from '../../kernel/command.ts'
import { ruleViolated } from '../../kernel/errors.ts'
import { Id } from '../../kernel/schema.ts'
import { changeTask, moveTask, requireTask, taskRef } from '../../tasks/transition.ts'
import { cancelAndRelease } from '../cancel.ts'
import { requireRun } from '../end.ts'
import { runMachine } from '../machine.ts'
import { Run } from '../schema.ts'
import { attemptAfter } from '../settlement.ts'
import { toRun } from '../table.ts'
import { wake } from '../wake.ts'

const access = { scope: 'runs:control', company: 'run' } as const

export const cancel = command({
  title: 'Cancel a run that has not ended; its task is todo again',
  input: z.strictObject({ runId: Id, reason: z.string().trim().min(1).max(2_000).default('cancelled') }),
  output: Run,
  access,
  http: ['POST', '/runs/:runId/cancel'],
  whenArchived: 'what still runs there has to end',
  async handle(context, input) {
    const run = await requireRun(context, input.runId)
    return toRun(await cancelAndRelease(context, run, { verb: 'cancel', reason: input.reason }))
  },
})

export const retry = command({
  title: 'Run the task of an ended run again',
  description: 'As the next attempt; where they are used up, as the last one again: each further run is then a decision of somebody.',
  input: z.strictObject({ runId: Id }),
  output: Run,
  access,
  http: ['POST', '/runs/:runId/retry'],
  creates: true,
  async handle(context, input) {
    const run = await requireRun(context, input.runId)
    if (!runMachine.isFinal(run.status)) throw ruleViolated(`The run is ${run.status}; only an ended run can be retried.`)
    let task = await requireTask(context, run.task_id)
    await refuseAwaited(context.tx, task)
    if (task.status === 'blocked') task = await moveTask(context, task, { to: 'todo', verb: 'update', reason: 'retried' })
    if (task.status !== 'todo')
      throw ruleViolated(`${task.identifier} is ${task.status}; only a task that is todo or blocked can run again.`)
    const agent = await requireAgent(context, task.assignee_agent_id ?? run.agent_id)
    if (!isExecuted(agent.adapter_type))
      throw ruleViolated(
        `Engine does not start ${agent.name}. Set ${task.identifier} to todo (tasks.update), where it is not: then it is there to be taken.`,
        {
          agentId: agent.id,
        },
      )
    const spender = { companyId: context.companyId, agentId: agent.id, projectId: task.project_id, taskId: task.id }
    const stop = await stoppedBy(context.tx, spender, context.now)
    if (stop) throw stop
    // A checkout that read the task before goes by its version: it must see this run.
    task = await changeTask(context, task, {})
    context.emit('task.updated', taskRef(task), { changed: ['queuedRun'] })
    const queued = await wake(context, { agent, task, reason: 'manual', attempt: attemptAfter(run, task), retryOf: run.id })
    if (!queued) throw ruleViolated(`The agent ${agent.name} is ${agent.status}; assign the task to another one.`)
    return toRun(queued)
  },
})
