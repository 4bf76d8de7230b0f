import type { AgentTable } from '../agents/table.ts'
import { holdForRun } from '../budgets/run-holds.ts'
import { hasHardBudgets } from '../budgets/sql.ts'
import { asUuid } from '../database/open.ts'
import { first, statement } from '../database/statement.ts'
import type { CommandContext } from '../kernel/command.ts'
import { isoTime } from '../ports/clock.ts'
import { cancelQueuedRuns } from '../runs/end.ts'
import { insertLease } from '../runs/lease.ts'
import {
  agentMayWork,
  noLiveOwner,
  noPendingDeliverable,
  noUnresolvedBlocker,
  noWaitingRun,
  notHeld,
  unassignedOrMine,
  withinBudgets,
} from './checkout-guards.ts'
import { readCheckoutFacts } from './checkout-facts.ts'
import { explainCheckout } from './checkout-rules.ts'
import { taskMachine } from './machine.ts'
import { taskRef } from './transition.ts'
import type { TaskStatus } from './schema.ts'
import type { TaskTable } from './table.ts'

interface Claim {
  companyId: string
  taskId: string
  agentId: string
  runId: string
  now: string
}

/**
 * Takes a task for one run: the only way into `in_progress`.
 * Guards: right status, unassigned or mine, no live owner, no unresolved blocker, no deliverable under review, no run that waits, agent may
 * work and has free slots, subtree not held, no budget over it used up, company active and past its strategy gate. The fence grows by one and is never used again.
 */
const claimTask = statement((db, given: Claim, family) =>
  db
    .updateTable('tasks')
    .set((e) => ({
      ...taken(given),
      fence: e('fence', '+', 1),
      version: e('version', '+', 1),
      // A person's task stays the person's; the agent that stands for them only works on it.
      assignee_agent_id: e.case().when('assignee_user_id', 'is', null).then(asUuid(given.agentId, family)).end(),
      started_at: e.fn.coalesce('started_at', e.val(given.now)),
    }))
    .where('company_id', '=', given.companyId)
    .where('id', '=', given.taskId)
    .where('status', 'in', taskMachine.sources('checkout', 'in_progress'))
    .where((e) => unassignedOrMine(e, given.agentId))
    .where(notHeld)
    .where(noLiveOwner)
    .where(noUnresolvedBlocker)
    .where(noPendingDeliverable)
    .where(noWaitingRun)
    .where((e) => agentMayWork(e, given))
    .where((e) => withinBudgets(e, asUuid(given.agentId, family)))
    .returning(['fence', 'version', 'assignee_agent_id', 'started_at'])
    .returning((e) => hasHardBudgets(e).as('has_hard_budgets')),
)

/** What a checkout writes whatever the task was before. */
function taken({ runId, agentId, now }: Omit<Claim, 'companyId' | 'taskId'>) {
  return {
    status: 'in_progress',
    checkout_run_id: runId,
    checkout_agent_id: agentId,
    checkout_at: now,
    updated_at: now,
    blocked_reason: null,
    blocked_owner: null,
    progress_percent: 0,
    progress_message: null,
  } satisfies Partial<TaskTable>
}

export interface CheckoutRequest {
  readonly task: TaskTable
  readonly agent: AgentTable
  readonly runId: string
  readonly workerId: string
  readonly expectedStatuses?: readonly TaskStatus[] | undefined
  /** By which worker of ours it is executed; left out by those who work by themselves. */
  readonly adapterType?: string | null
}

export interface CheckedOut {
  readonly task: TaskTable
  /** Whether its company has hard limits, so that its run asks before it spends. */
  readonly isBudgeted: boolean
}

/** Checks a task out for a run and gives the run its lease. The run's own row is the caller's. @throws see `explainCheckout` */
export async function checkoutTask(context: CommandContext, request: CheckoutRequest): Promise<CheckedOut> {
  const { task, agent, runId } = request
  const { companyId, now } = context
  const isExpected = request.expectedStatuses?.includes(task.status) ?? true
  const row = isExpected ? first(await claimTask(context.tx, { companyId, taskId: task.id, agentId: agent.id, runId, now })) : null
  if (!row) throw explainCheckout(await readCheckoutFacts(context.tx, { ...request, now }))
  const { has_hard_budgets: hasBudgets, fence, version, assignee_agent_id, started_at } = row
  // Nobody else has changed it since it was read: it is ours for this transaction.
  const claimed: TaskTable = { ...task, ...taken({ runId, agentId: agent.id, now }), fence, version, assignee_agent_id, started_at }
  await insertLease(context.tx, {
    run_id: runId,
    company_id: companyId,
    task_id: task.id,
    agent_id: agent.id,
    fence,
    worker_id: request.workerId,
    leaseMs: context.settings.leaseMs,
    expiresAt: isoTime(context.clock.now() + context.settings.leaseMs),
  })
  context.countLiveRun(agent.id, 1)
  if (isNobodys(task)) context.emit('task.assigned', taskRef(claimed), { agentId: agent.id, reason: 'checked it out' })
  await cancelQueuedRuns(context, { taskId: task.id, reason: 'task_checked_out', exceptAgentId: agent.id })
  context.emit('task.claimed', taskRef(claimed), { runId, agentId: agent.id, fence, from: task.status })
  const isBudgeted = Boolean(hasBudgets)
  if (isBudgeted) await holdForRun(context, { runId, task: claimed, agent, adapterType: request.adapterType ?? null })
  return { task: claimed, isBudgeted }
}

function isNobodys(task: TaskTable): boolean {
  return task.assignee_agent_id === null && task.assignee_user_id === null
}
