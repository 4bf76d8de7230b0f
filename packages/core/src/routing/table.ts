import type { RoutingStrategy } from './schema.ts'

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
  /** Whom `round_robin` chose last. */
  last_agent_id: string | null
  version: number
  created_at: string
  updated_at: string
}
