import { requireAgent } from '../../agents/change.ts'
import type { RunActor } from '../../kernel/actor.ts'
import { command, type CommandContext } from '../../kernel/command.ts'
import { EngineError, kernelErrors, ruleViolated } from '../../kernel/errors.ts'
import { newCredential } from '../../runs/credential.ts'
import { aboutRun, requireRun, runRef } from '../../runs/end.ts'
import { toRun } from '../../runs/table.ts'
import { insertRun } from '../../runs/sql.ts'
import { checkoutBatch } from '../checkout-batch.ts'
import { checkoutTask } from '../checkout.ts'
import { Checkout, CheckoutInput } from '../schema.ts'
import { toTask, type TaskTable } from '../table.ts'
import { requireTask } from '../transition.ts'

export const checkout = command({
  title: 'Check out a task',
  description:
    'Makes a new run the only owner of the task. Of many callers exactly one wins; the others get checkout_conflict naming the holder. Renew the lease by runs.heartbeat.',
  input: CheckoutInput,
  output: Checkout,
  access: { scope: 'tasks:checkout', company: 'task' },
  http: ['POST', '/tasks/:taskId/checkout'],
  locks: 'rows',
  batch: checkoutBatch,
  async handle(context, input) {
    const task = await requireTask(context, input.taskId)
    if (context.actor.kind === 'run') return checkedOutAlready(context, task, context.actor)
    const agent = await requireAgent(context, workerOf(context, task, input.agentId))
    const runId = context.newId()
    const workerId = `external:${context.actor.kind}:${context.actor.id}`
    const { credential, hash } = newCredential()
    // The lease refers to the run, so the run's row comes first; a refused checkout rolls it back.
    const run = await insertRun(context.tx, {
      id: runId,
      company_id: context.companyId,
      agent_id: agent.id,
      task_id: task.id,
      status: 'running',
      priority: task.priority,
      attempt: 1,
      wake_reasons: JSON.stringify(['manual']),
      fence: task.fence + 1,
      worker_id: workerId,
      credential_hash: hash,
      available_at: context.now,
      created_at: context.now,
      started_at: context.now,
    })
    const claimed = await checkoutTask(context, { task, agent, runId, workerId, expectedStatuses: input.expectedStatuses })
    context.emit('run.started', runRef(run), { ...aboutRun(run), fence: claimed.fence, workerId })
    return { task: toTask(claimed), run: toRun(run), credential }
  },
})

/** The same run asks again: the answer is what it holds, and nothing changes. */
async function checkedOutAlready(context: CommandContext, task: TaskTable, actor: RunActor) {
  context.unchanged()
  return { task: toTask(task), run: toRun(await requireRun(context, actor.id)), credential: null }
}

function workerOf(context: CommandContext, task: TaskTable, agentId: string | undefined): string {
  const { actor } = context
  if (actor.kind === 'agent') {
    if (agentId !== undefined && agentId !== actor.id) {
      throw new EngineError(kernelErrors.forbidden, 'An agent checks out as itself; leave agentId out.')
    }
    return actor.id
  }
  const worker = agentId ?? task.assignee_agent_id
  if (worker === null || worker === undefined)
    throw ruleViolated(`${task.identifier} has no assignee; say which agent checks it out in agentId.`)
  return worker
}
