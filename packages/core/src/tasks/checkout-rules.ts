import type { AgentTable } from '../agents/table.ts'
import type { CompanyTable } from '../companies/table.ts'
import { awaitsAnswer } from '../interactions/awaited.ts'
import type { InteractionTable } from '../interactions/table.ts'
import { EngineError } from '../kernel/errors.ts'
import { illegalTransition } from '../kernel/transition.ts'
import { ruleViolated } from '../kernel/errors.ts'
import type { LeaseTable } from '../runs/table.ts'
import { taskErrors } from './errors.ts'
import { taskMachine } from './machine.ts'
import type { TaskTable } from './table.ts'

/** Everything that a checkout depends on, as it stands. */
export interface CheckoutFacts {
  readonly task: TaskTable
  readonly agent: AgentTable
  readonly company: CompanyTable | null
  /** The task whose subtree is held, with this one in it. */
  readonly heldBy: TaskTable | null
  /** Whose the task is, and which agent works for them. */
  readonly assignee: { readonly kind: 'agent' | 'user'; readonly id: string; readonly name: string; readonly agentId: string | null } | null
  readonly tasksUnderWay: number
  readonly lease: LeaseTable | null
  readonly holderName: string | null
  readonly blockers: readonly TaskTable[]
  readonly hasPendingDeliverable: boolean
  /** The question whose answer a run of this task waits for. */
  readonly awaited: InteractionTable | null
  /** What a budget says that is used up; null when none is. */
  readonly overBudget: EngineError | null
  readonly expectedStatuses: readonly string[] | undefined
  readonly now: string
}

/** Says why a guarded checkout changed no row, most telling reason first. Pure. */
export function explainCheckout(facts: CheckoutFacts): EngineError {
  return hindranceOf(facts) ?? agentUnavailable(facts)
}

/** What keeps an agent from checking a task out; null when nothing does. Pure. */
export function hindranceOf(facts: CheckoutFacts): EngineError | null {
  const { task, assignee } = facts
  if (facts.overBudget) return facts.overBudget
  const gate = companyRefusal(facts.company)
  if (gate) return gate
  if (facts.lease) return heldBySomebody(facts, facts.lease)
  if (facts.expectedStatuses && !facts.expectedStatuses.includes(task.status)) {
    return new EngineError(
      taskErrors.checkout_conflict,
      `The task ${task.identifier} is ${task.status}, you expected ${facts.expectedStatuses.join(' or ')}.`,
      {
        details: { status: task.status, expectedStatuses: [...facts.expectedStatuses], fence: task.fence, holder: null },
      },
    )
  }
  if (!taskMachine.sources('checkout', 'in_progress').includes(task.status))
    return illegalTransition(taskMachine, task.status, { to: 'in_progress', verb: 'checkout' })
  if (facts.blockers.length > 0) return blocked(facts)
  if (facts.hasPendingDeliverable)
    return ruleViolated(`A deliverable of ${task.identifier} waits for its review; decide it first.`, { taskId: task.id })
  if (facts.awaited) return awaitsAnswer(task, facts.awaited)
  if (facts.heldBy) return held(task, facts.heldBy)
  if (assignee && assignee.agentId !== facts.agent.id) return assignedElsewhere(facts, assignee)
  return isAvailable(facts) ? null : agentUnavailable(facts)
}

function isAvailable({ agent, tasksUnderWay }: CheckoutFacts): boolean {
  const hasTaskSlot = agent.max_concurrent_tasks === null || tasksUnderWay < agent.max_concurrent_tasks
  return agent.status === 'idle' && agent.live_runs < agent.max_concurrent_runs && hasTaskSlot
}

/** Why nothing starts in a company; null when something may. */
function companyRefusal(company: CompanyTable | null): EngineError | null {
  const status = company?.status ?? 'archived'
  if (status === 'archived') return ruleViolated('The company is archived; nothing starts in it any more.')
  if (status !== 'active') return ruleViolated(`The company is ${status}; nothing starts in it. Resume it first.`)
  if (company?.strategy_gate !== 'closed') return null
  return new EngineError(
    taskErrors.strategy_required,
    `${company.name} lets nothing start before its first strategy is approved. Tasks can be drafted; request the approval of a strategy.`,
    { details: { strategyGate: company.strategy_gate } },
  )
}

function held(task: TaskTable, root: TaskTable): EngineError {
  const heldBy = { id: root.id, identifier: root.identifier, title: root.title }
  const message =
    root.id === task.id
      ? `${task.identifier} is held. Resume it first.`
      : `${task.identifier} is held with ${root.identifier}. Resume that one first.`
  return new EngineError(taskErrors.task_held, message, { details: { heldBy } })
}

function heldBySomebody(facts: CheckoutFacts, lease: LeaseTable): EngineError {
  const { task, now } = facts
  const isHolderLive = lease.expires_at >= now
  const retryAfterMs = Math.max(0, Date.parse(lease.expires_at) - Date.parse(now))
  const since = task.checkout_at ?? now
  const state = isHolderLive ? 'and is live' : 'and is silent; its lease will be taken back'
  return new EngineError(
    taskErrors.checkout_conflict,
    `${facts.holderName ?? lease.agent_id} has ${task.identifier} checked out since ${since} ${state}. Take another task, or ask again later.`,
    {
      details: {
        status: task.status,
        fence: lease.fence,
        holder: {
          agentId: lease.agent_id,
          agentName: facts.holderName,
          runId: lease.run_id,
          since,
          isHolderLive,
          leaseExpiresAt: lease.expires_at,
        },
        retryAfterMs,
      },
    },
  )
}

function blocked(facts: CheckoutFacts): EngineError {
  const blockers = facts.blockers.map((task) => ({ id: task.id, identifier: task.identifier, title: task.title, status: task.status }))
  const names = blockers.map((task) => `${task.identifier} (${task.status})`).join(', ')
  return new EngineError(taskErrors.task_blocked, `${facts.task.identifier} waits for ${names}.`, { details: { blockers } })
}

function assignedElsewhere(facts: CheckoutFacts, assignee: NonNullable<CheckoutFacts['assignee']>): EngineError {
  const { task } = facts
  return new EngineError(
    taskErrors.checkout_conflict,
    `${task.identifier} is assigned to ${assignee.name}. Assign it to ${facts.agent.name} first.`,
    {
      details: {
        status: task.status,
        fence: task.fence,
        holder: null,
        assigneeAgentId: task.assignee_agent_id,
        assigneeUserId: task.assignee_user_id,
      },
    },
  )
}

function agentUnavailable(facts: CheckoutFacts): EngineError {
  const { agent, tasksUnderWay } = facts
  const { live_runs: liveRuns, max_concurrent_runs: maxConcurrentRuns, max_concurrent_tasks: maxConcurrentTasks } = agent
  const { why, cure } = unavailability(facts)
  return new EngineError(taskErrors.agent_unavailable, `The agent ${agent.name} ${why}. ${cure}`, {
    details: { agentId: agent.id, status: agent.status, liveRuns, maxConcurrentRuns, tasksUnderWay, maxConcurrentTasks },
  })
}

/** What lets an agent of a status work again. */
const cures: Readonly<Record<Exclude<AgentTable['status'], 'idle'>, string>> = {
  pending_approval: 'Approve its hire first.',
  paused: 'Resume it first.',
  error: 'Resume it first.',
  terminated: 'Name another agent.',
}

function unavailability({ agent, tasksUnderWay }: CheckoutFacts): { why: string; cure: string } {
  if (agent.status !== 'idle') {
    const reason = agent.error_message === null ? '' : ` (${agent.error_message})`
    return { why: `is ${agent.status}${reason}`, cure: cures[agent.status] }
  }
  if (agent.live_runs >= agent.max_concurrent_runs) {
    return {
      why: `has ${agent.live_runs} of ${agent.max_concurrent_runs} runs under way`,
      cure: 'Wait for one to end, or let it have more at once (maxConcurrentRuns).',
    }
  }
  return {
    why: `has ${tasksUnderWay} of ${agent.max_concurrent_tasks} tasks under way`,
    cure: 'Wait until one is done or in review, or let it have more at once (maxConcurrentTasks).',
  }
}
