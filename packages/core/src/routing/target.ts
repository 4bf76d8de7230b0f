import { findColleague } from '../agents/sql.ts'
import type { CommandContext } from '../kernel/command.ts'
import { notInCompany, ruleViolated } from '../kernel/errors.ts'
import type { RoutingStrategy } from './schema.ts'
import type { RoutingRuleTable } from './table.ts'

type TargetColumns = Pick<RoutingRuleTable, 'target_agent_id' | 'target_capability' | 'strategy' | 'last_agent_id'>

interface TargetInput {
  readonly targetAgentId?: string | null | undefined
  readonly targetCapability?: string | null | undefined
  readonly strategy?: RoutingStrategy | null | undefined
}

/**
 * What a rule's target becomes when these fields are named. Whose turn it was is forgotten with the group that took turns. Pure.
 * @throws `rule_violated` unless that is exactly one kind of target
 */
export function targetColumns(rule: RoutingRuleTable | null, input: TargetInput): TargetColumns {
  const agentId = input.targetAgentId === undefined ? (rule?.target_agent_id ?? null) : input.targetAgentId
  const capability = input.targetCapability === undefined ? (rule?.target_capability ?? null) : input.targetCapability
  if (agentId !== null && capability !== null)
    throw ruleViolated('A rule has one target: targetAgentId or targetCapability. Set the other one to null, or leave it out.')
  if (agentId === null && capability === null)
    throw ruleViolated('A rule needs a target: targetAgentId, or targetCapability with a strategy.')
  if (capability === null) {
    if (input.strategy) throw ruleViolated('A strategy chooses among the agents with targetCapability; a targetAgentId needs none.')
    return { target_agent_id: agentId, target_capability: null, strategy: null, last_agent_id: null }
  }
  const strategy = (input.strategy === undefined ? rule?.strategy : input.strategy) ?? 'least_busy'
  const isSameGroup = capability === rule?.target_capability && strategy === rule.strategy
  return { target_agent_id: null, target_capability: capability, strategy, last_agent_id: isSameGroup ? rule.last_agent_id : null }
}

/** The columns that a change of a rule's target touches. */
export function targetChanges(rule: RoutingRuleTable, input: TargetInput): Partial<TargetColumns> {
  const next = targetColumns(rule, input)
  return {
    ...(input.targetAgentId !== undefined && { target_agent_id: next.target_agent_id }),
    ...(input.targetCapability !== undefined && { target_capability: next.target_capability }),
    ...((input.strategy !== undefined || next.strategy !== rule.strategy) && { strategy: next.strategy }),
    ...(next.last_agent_id !== rule.last_agent_id && { last_agent_id: next.last_agent_id }),
  }
}

/** Checks the agents that an input names. @throws `rule_violated` for one of another company, or one that is terminated */
export async function requireTakers(
  context: CommandContext,
  input: TargetInput & { fallbackAgentId?: string | null | undefined },
): Promise<void> {
  for (const [field, agentId] of [
    ['targetAgentId', input.targetAgentId],
    ['fallbackAgentId', input.fallbackAgentId],
  ] as const) {
    if (!agentId) continue
    const agent = await findColleague(context.tx, { companyId: context.companyId, agentId })
    if (!agent) throw notInCompany({ field, entity: 'agent', reference: agentId })
    if (agent.status === 'terminated')
      throw ruleViolated(`${field}: the agent ${agent.name} is terminated and takes no tasks.`, { agentId })
  }
}
