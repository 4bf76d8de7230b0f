import { isExecuted } from '../kernel/adapters.ts'
import type { CommandContext } from '../kernel/command.ts'
import { ruleViolated } from '../kernel/errors.ts'
import { cancelRunsOfAgent } from '../runs/cancel.ts'
import { wakeForOpenTasks } from '../runs/wake.ts'
import { rerouteWaiting } from '../tasks/reroute.ts'
import { requireAgent, setAgentStatus } from './change.ts'
import { changeConfiguration, type ConfigurationChange } from './revisions.ts'
import type { AgentTable } from './table.ts'

/** An agent that may be changed: neither terminated nor still to be hired. */
export async function requireChangeable(context: CommandContext, agentId: string): Promise<AgentTable> {
  const agent = await requireAgent(context, agentId)
  if (agent.status === 'terminated') throw ruleViolated(`The agent ${agent.name} is terminated and can not be changed.`, { agentId })
  if (agent.status === 'pending_approval') {
    const advice = 'Request a revision and resubmit it, or decide about it first.'
    throw ruleViolated(`The hire of ${agent.name} waits for its approval, so it stays as it was shown. ${advice}`, { agentId })
  }
  return agent
}

/** Writes changes to an agent that was read in this transaction, with the work that starts or stops by itself because of them. */
export async function reconfigure(context: CommandContext, agent: AgentTable, given: ConfigurationChange): Promise<AgentTable> {
  const next = await changeConfiguration(context, agent, given)
  await followMode(context, agent, next)
  const { adapter_config: config, max_cost_micros_per_run: cap } = given.changes
  const isMended = agent.status === 'error' && (config !== undefined || typeof cap === 'number')
  if (isMended) return putToWork(context, next, 'reconfigured')
  if (given.changes.capabilities !== undefined) await rerouteWaiting(context)
  return next
}

/** Work starts by itself from the moment that an agent is `auto`, and stops doing so when it no longer is; what nobody would start waits no longer. */
async function followMode(context: CommandContext, before: AgentTable, after: AgentTable): Promise<void> {
  const isLeft = isExecuted(before.adapter_type) && !isExecuted(after.adapter_type)
  if (before.execution_mode === after.execution_mode && !isLeft) return
  if (after.execution_mode === 'auto') await wakeForOpenTasks(context, after)
  else await cancelRunsOfAgent(context, after, { statuses: ['queued'], reason: `agent_${after.execution_mode}` })
}

/** An agent that may work again starts what waits for it. */
export async function putToWork(context: CommandContext, agent: AgentTable, reason: string): Promise<AgentTable> {
  const next = await setAgentStatus(context, agent, { to: 'idle', reason })
  await wakeForOpenTasks(context, next)
  await rerouteWaiting(context)
  return next
}
