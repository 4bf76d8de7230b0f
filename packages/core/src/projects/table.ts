import type { ProjectStatus } from './schema.ts'

export interface ProjectTable {
  id: string
  company_id: string
  goal_id: string | null
  lead_agent_id: string | null
  /** Who gets its tasks when no rule fits. */
  default_agent_id: string | null
  name: string
  description: string | null
  status: ProjectStatus
  /** Date without a time, YYYY-MM-DD. */
  target_date: string | null
  env: string
  version: number
  created_at: string
  updated_at: string
}
