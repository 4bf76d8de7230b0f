import { z } from 'zod'

import { query } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { decodeCursor, pageInput, pageOf, toPage } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { Budget, BudgetIncident, BudgetIncidentStatus, BudgetScope } from './schema.ts'
import { toBudget, toIncident } from './show.ts'
import { findBudget } from './sql.ts'
import { readStanding, readStandings } from './standing.ts'

export const get = query({
  title: 'Show a budget with what is used of it',
  input: z.strictObject({ budgetId: Id }),
  output: Budget,
  access: { scope: 'budgets:read', company: 'budget' },
  http: ['GET', '/budgets/:budgetId'],
  async handle(context, { budgetId }) {
    const budget = await findBudget(context.db, budgetId)
    if (!budget) throw notFound('budget', budgetId)
    return toBudget(await readStanding(context.db, budget, context.now))
  },
})

export const list = query({
  title: 'List budgets with what is used of them',
  input: z.strictObject({ companyId: Id, scope: BudgetScope.optional(), scopeId: Id.optional(), ...pageInput }),
  output: pageOf(Budget),
  access: { scope: 'budgets:read', company: 'company' },
  http: ['GET', '/companies/:companyId/budgets'],
  async handle(context, input) {
    let rows = context.db
      .selectFrom('budgets')
      .selectAll()
      .where('company_id', '=', context.companyId)
      .where('removed_at', 'is', null)
      .orderBy('id')
      .limit(input.limit + 1)
    if (input.scope) rows = rows.where('scope', '=', input.scope)
    if (input.scopeId) rows = rows.where('scope_id', '=', input.scopeId)
    if (input.cursor) rows = rows.where('id', '>', String(decodeCursor(input.cursor, ['id'])[0]))
    const standings = await readStandings(context.db, await rows.execute(), context.now)
    return toPage(standings, input.limit, { item: toBudget, key: ({ budget }) => [budget.id] })
  },
})

export const incidents = query({
  title: 'List limits that were reached, oldest first',
  input: z.strictObject({ companyId: Id, status: BudgetIncidentStatus.optional(), ...pageInput }),
  output: pageOf(BudgetIncident),
  access: { scope: 'budgets:read', company: 'company' },
  http: ['GET', '/companies/:companyId/budget-incidents'],
  async handle(context, input) {
    let rows = context.db
      .selectFrom('budget_incidents')
      .selectAll()
      .where('company_id', '=', context.companyId)
      .orderBy('id')
      .limit(input.limit + 1)
    if (input.status) rows = rows.where('status', '=', input.status)
    if (input.cursor) rows = rows.where('id', '>', String(decodeCursor(input.cursor, ['id'])[0]))
    return toPage(await rows.execute(), input.limit, { item: toIncident, key: (row) => [row.id] })
  },
})
