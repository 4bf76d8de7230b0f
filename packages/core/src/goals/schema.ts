import { z } from 'zod'

import { Id, IsoTime, LongText } from '../kernel/schema.ts'
import type { GoalTable } from './table.ts'

export const GoalStatus = z.enum(['planned', 'active', 'achieved', 'cancelled'])
export type GoalStatus = z.infer<typeof GoalStatus>
export const GoalLevel = z.enum(['company', 'team', 'agent', 'task'])
export type GoalLevel = z.infer<typeof GoalLevel>

export const Goal = z
  .object({
    id: Id,
    companyId: Id,
    parentId: Id.nullable(),
    ownerAgentId: Id.nullable(),
    level: GoalLevel,
    title: z.string(),
    description: z.string().nullable(),
    status: GoalStatus,
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'Goal' })
export type Goal = z.infer<typeof Goal>

export const GoalInput = {
  title: z.string().trim().min(1).max(500),
  description: LongText.nullable().optional(),
  level: GoalLevel.optional(),
  parentId: Id.nullable().optional(),
  ownerAgentId: Id.nullable().optional(),
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
