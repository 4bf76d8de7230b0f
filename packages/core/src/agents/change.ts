import { versionedChange } from '../database/versioned.ts'
import type { CommandContext } from '../kernel/command.ts'
import { notFound, notInCompany, ruleViolated } from '../kernel/errors.ts'
import type { PauseReason, StoredAgentStatus } from './schema.ts'
import { findColleague, lockAgent } from './sql.ts'
import type { AgentTable } from './table.ts'

/**
 * An agent of this company, which nobody else changes until this command is over. `field` is what the caller calls it, where the call
 * is about something else.
 */
export async function requireAgent(context: CommandContext, agentId: string, field?: string): Promise<AgentTable> {
  const agent = await lockAgent(context.tx, agentId)
  if (agent?.company_id === context.companyId) return agent
  if (field === undefined) throw notFound('agent', agentId)
  throw notInCompany({ field, entity: 'agent', reference: agentId })
}

/** An agent that something is to be entrusted to: of this company, and not terminated. `field` is what the caller calls it. */
export async function requireAtWork(context: CommandContext, given: { field: string; agentId: string }): Promise<AgentTable> {
  const { field, agentId } = given
  const agent = await findColleague(context.tx, { companyId: context.companyId, agentId })
  if (!agent) throw notInCompany({ field, entity: 'agent', reference: agentId })
  if (agent.status === 'terminated') throw ruleViolated(`${field}: the agent ${agent.name} is terminated.`, { [field]: agentId })
  return agent
}

/** Writes changes to an agent that was read in this transaction. */
export const changeAgent = versionedChange('agents', 'agent')

interface StatusChange {
  readonly to: StoredAgentStatus
  readonly reason: string | null
  readonly pauseReason?: PauseReason
  /** What is wrong, and the code of the error of Engine that it is, if it is one. */
  readonly error?: { readonly message: string; readonly code: string | null }
}

/** Gives an agent another stored status and says so in an event. The caller checked that the move is legal. */
export async function setAgentStatus(context: CommandContext, agent: AgentTable, change: StatusChange): Promise<AgentTable> {
  const next = await changeAgent(context, agent, {
    status: change.to,
    pause_reason: change.pauseReason ?? null,
    error_message: change.error?.message ?? null,
    error_code: change.error?.code ?? null,
  })
  context.emit('agent.status_changed', agentRef(next), { from: agent.status, to: change.to, reason: change.reason })
  return next
}

export function agentRef(agent: AgentTable) {
  return { type: 'agent' as const, id: agent.id, version: agent.version }
}
