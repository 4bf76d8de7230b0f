import type { Agent, AgentRevision, AgentStatus, ExecutionMode, OrgNode, PauseReason, StoredAgentStatus } from './schema.ts'

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
  /** Of the error of Engine that it is in error for; null where it was none. */
  error_code: string | null
  capabilities: string
  adapter_type: string
  adapter_config: string
  execution_mode: ExecutionMode
  /** Null for an agent that looks for no work by itself. */
  schedule: string | null
  /** Before this time its schedule does not wake it; null where none is enabled. */
  wakes_at: string | null
  max_concurrent_runs: number
  /** How many leases it has. */
  live_runs: number
  icon: string | null
  specializations: string
  tags: string
  /** How many tasks may be under way at once, whoever executes them; null for as many as it has runs. */
  max_concurrent_tasks: number | null
  /** The most that one of its runs is held of a budget; null for all that is free. */
  max_cost_micros_per_run: number | null
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
    icon: row.icon,
    instructions: row.instructions,
    reportsTo: row.reports_to,
    status: shownStatus(row),
    pauseReason: row.pause_reason,
    errorMessage: row.error_message,
    errorCode: row.error_code,
    capabilities: JSON.parse(row.capabilities),
    specializations: JSON.parse(row.specializations),
    tags: JSON.parse(row.tags),
    adapterType: row.adapter_type,
    adapterConfig: view.showsConfig ? JSON.parse(row.adapter_config) : null,
    profiles: view.showsConfig ? JSON.parse(row.profiles) : null,
    fallbacks: view.showsConfig ? JSON.parse(row.fallbacks) : null,
    executionMode: row.execution_mode,
    schedule: row.schedule === null ? null : JSON.parse(row.schedule),
    wakesAt: row.wakes_at,
    contextMode: row.context_mode,
    maxConcurrentRuns: row.max_concurrent_runs,
    maxConcurrentTasks: row.max_concurrent_tasks,
    maxCostMicrosPerRun: row.max_cost_micros_per_run,
    revision: row.revision,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

type OrgRow = Pick<AgentTable, 'id' | 'name' | 'role' | 'title' | 'icon' | 'status' | 'live_runs' | 'execution_mode'>

/** An idle agent with live runs is shown as running. */
export function shownStatus(row: Pick<AgentTable, 'status' | 'live_runs'>): AgentStatus {
  return row.status === 'idle' && row.live_runs > 0 ? 'running' : row.status
}

export function toOrgNode(row: OrgRow): Omit<OrgNode, 'reports'> {
  const { id, name, role, title, icon } = row
  return { id, name, role, title, icon, status: shownStatus(row), executionMode: row.execution_mode }
}

export function toRevision(row: AgentRevisionTable, view: { showsConfig: boolean }): AgentRevision {
  const configuration: AgentRevision['configuration'] = JSON.parse(row.configuration)
  const hidden = { adapterConfig: null, profiles: null, fallbacks: null }
  return {
    agentId: row.agent_id,
    number: row.number,
    configuration: view.showsConfig ? configuration : { ...configuration, ...hidden },
    changed: JSON.parse(row.changed),
    rolledBackTo: row.rolled_back_to,
    actor: { kind: row.actor_kind, id: row.actor_id },
    createdAt: row.created_at,
  }
}
