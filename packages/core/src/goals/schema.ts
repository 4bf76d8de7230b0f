import { z } from 'zod'

import { Id, IsoTime, LongText } from '../kernel/schema.ts'

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

/** A goal in its place, with all below it. */
export const GoalNode = z
  .object({
    id: Id,
    title: z.string(),
    level: GoalLevel,
    status: GoalStatus,
    ownerAgentId: Id.nullable(),
    get goals() {
      return z.array(GoalNode)
    },
  })
  .meta({ id: 'GoalNode' })
export type GoalNode = z.infer<typeof GoalNode>

export const GoalInput = {
  title: z.string().trim().min(1).max(500),
  description: LongText.nullable().optional(),
  level: GoalLevel.optional(),
  parentId: Id.nullable().optional(),
  ownerAgentId: Id.nullable().optional(),
}
