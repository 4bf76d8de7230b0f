import type { AgentTable } from '../agents/table.ts'
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
  readonly companyStatus: string
  readonly lease: LeaseTable | null
  readonly holderName: string | null
  readonly blockers: readonly TaskTable[]
  readonly hasPendingDeliverable: boolean
  readonly expectedStatuses: readonly string[] | undefined
  readonly now: string
}

/** Says why a guarded checkout changed no row, most telling reason first. Pure. */
export function explainCheckout(facts: CheckoutFacts): EngineError {
  const { task, agent } = facts
  if (facts.companyStatus !== 'active') return ruleViolated(`The company is ${facts.companyStatus}; nothing starts in it. Resume it first.`)
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
  if (task.assignee_agent_id !== null && task.assignee_agent_id !== agent.id) return assignedElsewhere(facts)
  return agentUnavailable(facts)
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

function assignedElsewhere(facts: CheckoutFacts): EngineError {
  const { task } = facts
  return new EngineError(
    taskErrors.checkout_conflict,
    `${task.identifier} is assigned to the agent ${task.assignee_agent_id}, who has not started it. Assign it to ${facts.agent.name} first.`,
    {
      details: { status: task.status, fence: task.fence, holder: null, assigneeAgentId: task.assignee_agent_id },
    },
  )
}

function agentUnavailable(facts: CheckoutFacts): EngineError {
  const { agent } = facts
  const { live_runs: liveRuns } = agent
  const isFull = agent.status === 'idle' && liveRuns >= agent.max_concurrent_runs
  const why = isFull ? `has ${liveRuns} of ${agent.max_concurrent_runs} runs under way` : `is ${agent.status}`
  const cure = isFull ? 'Wait for one to end, or raise maxConcurrentRuns.' : 'Resume it first.'
  return new EngineError(taskErrors.agent_unavailable, `The agent ${agent.name} ${why}. ${cure}`, {
    details: { agentId: agent.id, status: agent.status, liveRuns, maxConcurrentRuns: agent.max_concurrent_runs },
  })
}
