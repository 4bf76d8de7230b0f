import type { Sprint, SprintStatus } from './schema.ts'

export interface SprintTable {
  id: string
  company_id: string
  project_id: string | null
  name: string
  goal: string | null
  status: SprintStatus
  /** Dates without a time, YYYY-MM-DD. */
  starts_on: string | null
  ends_on: string | null
  version: number
  created_at: string
  updated_at: string
}

export function toSprint(row: SprintTable): Sprint {
  return {
    id: row.id,
    companyId: row.company_id,
    projectId: row.project_id,
    name: row.name,
    goal: row.goal,
    status: row.status,
    startsOn: row.starts_on,
    endsOn: row.ends_on,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
