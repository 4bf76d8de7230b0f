import type { ExecutionMode, PauseReason, StoredAgentStatus } from './schema.ts'

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
  version: number
  created_at: string
  updated_at: string
}
