import type { Project, ProjectStatus } from './schema.ts'

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

/** Shows a row; its environment only to those who may change it. */
export function toProject(row: ProjectTable, view: { showsEnv: boolean }): Project {
  return {
    id: row.id,
    companyId: row.company_id,
    goalId: row.goal_id,
    leadAgentId: row.lead_agent_id,
    defaultAgentId: row.default_agent_id,
    name: row.name,
    description: row.description,
    status: row.status,
    targetDate: row.target_date,
    env: view.showsEnv ? JSON.parse(row.env) : null,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
