import { requireAgent } from '../../agents/change.ts'
import type { RunActor } from '../../kernel/actor.ts'
import { command, type CommandContext } from '../../kernel/command.ts'
import { EngineError, kernelErrors, ruleViolated } from '../../kernel/errors.ts'
import { requireRun } from '../../runs/end.ts'
import { toRun } from '../../runs/table.ts'
import { checkoutBatch } from '../checkout-batch.ts'
import { showTask } from '../labels.ts'
import { findMemberByUser } from '../../members/sql.ts'
import { Checkout, CheckoutInput } from '../schema.ts'
import { startRun } from '../start.ts'
import type { TaskTable } from '../table.ts'
import { requireTask } from '../transition.ts'

export const checkout = command({
  title: 'Check out a task',
  description:
    'Makes a new run the only owner of the task. Of many callers exactly one wins; the others get checkout_conflict naming the holder. Renew the lease by runs.heartbeat.',
  input: CheckoutInput,
  output: Checkout,
  access: { scope: 'tasks:checkout', company: 'task' },
  http: ['POST', '/tasks/:taskId/checkout'],
  mcp: { idempotent: true, additive: true },
  locks: 'rows',
  batch: checkoutBatch,
  async handle(context, input) {
    const task = await requireTask(context, input.taskId)
    if (context.actor.kind === 'run') return checkedOutAlready(context, task, context.actor)
    const agent = await requireAgent(context, await workerOf(context, task, input.agentId), 'agentId')
    return startRun(context, { task, agent, expectedStatuses: input.expectedStatuses })
  },
})

/** The same run asks again: the answer is what it holds, and nothing changes. */
async function checkedOutAlready(context: CommandContext, task: TaskTable, actor: RunActor) {
  context.unchanged()
  return { task: await showTask(context.tx, task), run: toRun(await requireRun(context, actor.id)), credential: null }
}

async function workerOf(context: CommandContext, task: TaskTable, agentId: string | undefined): Promise<string> {
  const { actor } = context
  if (actor.kind === 'agent') {
    if (agentId !== undefined && agentId !== actor.id) {
      throw new EngineError(kernelErrors.forbidden, 'An agent checks out as itself; leave agentId out.')
    }
    return actor.id
  }
  const worker = agentId ?? task.assignee_agent_id ?? (await agentOfPerson(context, task.assignee_user_id))
  if (worker === null) throw ruleViolated(`${task.identifier} has no assignee; say which agent checks it out in agentId.`)
  return worker
}

/** The agent that stands for a person. */
async function agentOfPerson({ tx, companyId }: CommandContext, userId: string | null): Promise<string | null> {
  return userId === null ? null : ((await findMemberByUser(tx, { companyId, userId }))?.agent_id ?? null)
}
