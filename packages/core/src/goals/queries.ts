import { z } from 'zod'

import { query } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { decodeCursor, pageInput, pageOf, toPage } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { Goal, GoalStatus } from './schema.ts'
import { toGoal } from './table.ts'
import { findGoal } from './sql.ts'

export const get = query({
  title: 'Show a goal',
  input: z.strictObject({ goalId: Id }),
  output: Goal,
  access: { scope: 'goals:read', company: 'goal' },
  http: ['GET', '/goals/:goalId'],
  async handle(context, input) {
    const goal = await findGoal(context.db, input.goalId)
    if (!goal) throw notFound('goal', input.goalId)
    return toGoal(goal)
  },
})

export const list = query({
  title: 'List goals',
  input: z.strictObject({ companyId: Id, status: GoalStatus.optional(), ...pageInput }),
  output: pageOf(Goal),
  access: { scope: 'goals:read', company: 'company' },
  http: ['GET', '/companies/:companyId/goals'],
  async handle(context, input) {
    let rows = context.db
      .selectFrom('goals')
      .selectAll()
      .where('company_id', '=', context.companyId)
      .orderBy('id')
      .limit(input.limit + 1)
    if (input.status) rows = rows.where('status', '=', input.status)
    if (input.cursor) rows = rows.where('id', '>', String(decodeCursor(input.cursor, ['id'])[0]))
    return toPage(await rows.execute(), input.limit, { item: toGoal, key: (row) => [row.id] })
  },
})
