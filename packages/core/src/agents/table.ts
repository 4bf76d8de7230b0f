import type { Agent, ExecutionMode, PauseReason, StoredAgentStatus } from './schema.ts'

export interface AgentTable {
  id: string
  company_id: string
  name: string
  role: string
  title: string | null
  instructions: string | null
  reports_to: string | null
  status: StoredAgentStatus
  pause_reason: PauseReason | null
  error_message: string | null
  capabilities: string
  adapter_type: string
  adapter_config: string
  execution_mode: ExecutionMode
  max_concurrent_runs: number
  /** How many leases it has. */
  live_runs: number
  icon: string | null
  specializations: string
  tags: string
  /** How many tasks may be under way at once, whoever executes them; null for as many as it has runs. */
  max_concurrent_tasks: number | null
  context_mode: 'thin' | 'fat'
  profiles: string
  fallbacks: string
  /** Number of its present configuration revision. */
  revision: number
  version: number
  created_at: string
  updated_at: string
}

/** What an agent was configured to be from one moment on. Added, never changed. */
export interface AgentRevisionTable {
  company_id: string
  agent_id: string
  number: number
  configuration: string
  /** Which fields it changed, as callers name them. */
  changed: string
  rolled_back_to: number | null
  actor_kind: 'system' | 'user' | 'agent'
  actor_id: string
  created_at: string
}

/** Shows a row; its configuration only to those who may change it. */
export function toAgent(row: AgentTable, view: { showsConfig: boolean }): Agent {
  return {
    id: row.id,
    companyId: row.company_id,
    name: row.name,
    role: row.role,
    title: row.title,
    instructions: row.instructions,
    reportsTo: row.reports_to,
    status: row.status === 'idle' && row.live_runs > 0 ? 'running' : row.status,
    pauseReason: row.pause_reason,
    errorMessage: row.error_message,
    capabilities: JSON.parse(row.capabilities),
    adapterType: row.adapter_type,
    adapterConfig: view.showsConfig ? JSON.parse(row.adapter_config) : null,
    executionMode: row.execution_mode,
    maxConcurrentRuns: row.max_concurrent_runs,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
