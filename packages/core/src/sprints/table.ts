import type { SprintStatus } from './schema.ts'

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
