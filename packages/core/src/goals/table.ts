import type { Goal, GoalLevel, GoalNode, GoalStatus } from './schema.ts'

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

export function toGoal(row: GoalTable): Goal {
  return {
    id: row.id,
    companyId: row.company_id,
    parentId: row.parent_id,
    ownerAgentId: row.owner_agent_id,
    level: row.level,
    title: row.title,
    description: row.description,
    status: row.status,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

export function toGoalNode(row: Pick<GoalTable, 'id' | 'title' | 'level' | 'status' | 'owner_agent_id'>): Omit<GoalNode, 'goals'> {
  return { id: row.id, title: row.title, level: row.level, status: row.status, ownerAgentId: row.owner_agent_id }
}
