import type { RoutingRule, RoutingStrategy } from './schema.ts'

export interface RoutingRuleTable {
  id: string
  company_id: string
  /** Null for a rule of the whole company. */
  project_id: string | null
  name: string
  position: number
  /** 0 or 1. */
  is_enabled: number
  conditions: string
  target_agent_id: string | null
  target_capability: string | null
  strategy: RoutingStrategy | null
  fallback_agent_id: string | null
  /** Whom `round_robin` chose last. It changes with assignments and leaves the version alone. */
  last_agent_id: string | null
  version: number
  created_at: string
  updated_at: string
}

/** A rule as it is written; what became of the agents that it names is not in it. */
export function toRule(row: RoutingRuleTable): Omit<RoutingRule, 'terminatedAgentIds'> {
  return {
    id: row.id,
    companyId: row.company_id,
    projectId: row.project_id,
    name: row.name,
    position: row.position,
    isEnabled: row.is_enabled === 1,
    conditions: JSON.parse(row.conditions),
    targetAgentId: row.target_agent_id,
    targetCapability: row.target_capability,
    strategy: row.strategy,
    fallbackAgentId: row.fallback_agent_id,
    lastAgentId: row.last_agent_id,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
