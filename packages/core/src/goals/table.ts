import type { GoalLevel, GoalStatus } from './schema.ts'

export interface GoalTable {
  id: string
  company_id: string
  parent_id: string | null
  owner_agent_id: string | null
  level: GoalLevel
  title: string
  description: string | null
  status: GoalStatus
  version: number
  created_at: string
  updated_at: string
}
