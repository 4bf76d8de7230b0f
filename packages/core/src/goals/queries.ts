import { z } from 'zod'

import { pageById } from '../database/page.ts'
import { query } from '../kernel/command.ts'
import { pageInput, pageOf } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { nest } from '../kernel/tree.ts'
import { Progress, progressOf } from '../projects/progress.ts'
import { Goal, GoalLevel, GoalNode, GoalStatus } from './schema.ts'
import { countTasksOfGoal, locatedGoals } from './sql.ts'
import { toGoal, toGoalNode } from './table.ts'

export const get = query({
  title: 'Show a goal',
  input: z.strictObject({ goalId: Id }),
  output: Goal,
  access: { scope: 'goals:read', company: 'goal' },
  http: ['GET', '/goals/:goalId'],
  handle: async (context) => toGoal(locatedGoals.of(context)),
})

export const list = query({
  title: 'List goals',
  input: z.strictObject({
    companyId: Id,
    status: GoalStatus.optional(),
    level: GoalLevel.optional(),
    parentId: Id.optional(),
    ownerAgentId: Id.optional(),
    ...pageInput,
  }),
  output: pageOf(Goal),
  access: { scope: 'goals:read', company: 'company' },
  http: ['GET', '/companies/:companyId/goals'],
  async handle(context, input) {
    let rows = context.db.selectFrom('goals').selectAll().where('company_id', '=', context.companyId)
    if (input.status) rows = rows.where('status', '=', input.status)
    if (input.level) rows = rows.where('level', '=', input.level)
    if (input.parentId) rows = rows.where('parent_id', '=', input.parentId)
    if (input.ownerAgentId) rows = rows.where('owner_agent_id', '=', input.ownerAgentId)
    return pageById(rows, input, { item: toGoal })
  },
})

export const tree = query({
  title: 'Show all goals below each other',
  input: z.strictObject({ companyId: Id }),
  output: z.object({ goals: z.array(GoalNode) }),
  access: { scope: 'goals:read', company: 'company' },
  http: ['GET', '/companies/:companyId/goals/tree'],
  async handle(context) {
    const rows = await context.db
      .selectFrom('goals')
      .select(['id', 'parent_id', 'owner_agent_id', 'level', 'title', 'status'])
      .where('company_id', '=', context.companyId)
      .orderBy('id')
      .execute()
    return { goals: nest(rows, { id: (row) => row.id, parentId: (row) => row.parent_id, node: toGoalNode, field: 'goals' }) }
  },
})

export const progress = query({
  title: 'Show how far the tasks of a goal and of all goals below it are',
  description: 'A task counts for its own goal; one without a goal counts for the goal of its project.',
  input: z.strictObject({ goalId: Id }),
  output: Progress,
  access: { scope: 'goals:read', company: 'goal' },
  http: ['GET', '/goals/:goalId/progress'],
  handle: async ({ db, companyId }, { goalId }) => progressOf(await countTasksOfGoal(db, { companyId, goalId })),
})
