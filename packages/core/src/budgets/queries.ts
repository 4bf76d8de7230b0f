import { z } from 'zod'

import { pageById } from '../database/page.ts'
import { query } from '../kernel/command.ts'
import { pageInput, pageOf } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { isoTime } from '../ports/clock.ts'
import { TaskFilter } from '../tasks/schema.ts'
import { filteredTaskId } from '../tasks/sql.ts'
import { basisStart, forecastOf } from './forecast.ts'
import { AgentsWithoutCap, Budget, BudgetForecast, BudgetIncident, BudgetIncidentStatus, BudgetScope } from './schema.ts'
import { toBudget, toIncident } from './show.ts'
import { findPeriods, locatedBudgets } from './sql.ts'
import { blankPeriod, readStanding, readStandings } from './standing.ts'
import { readAgentsWithoutCap } from './without-cap.ts'

export const get = query({
  title: 'Show a budget with what is used of it',
  input: z.strictObject({ budgetId: Id }),
  output: Budget,
  access: { scope: 'budgets:read', company: 'budget' },
  http: ['GET', '/budgets/:budgetId'],
  handle: async (context) => toBudget(await readStanding(context.db, locatedBudgets.of(context), context.now)),
})

export const agentsWithoutCap = query({
  title: 'Name the agents that a budget keeps from starting',
  description:
    'Under a hard limit of money nothing starts by an adapter that tells only at the end what a run used, unless its agent has `maxCostMicrosPerRun`. Of many agents the first by name are named, and the rest is counted.',
  input: z.strictObject({ budgetId: Id }),
  output: AgentsWithoutCap,
  access: { scope: 'budgets:read', company: 'budget' },
  http: ['GET', '/budgets/:budgetId/agents-without-cap'],
  handle: async (context) => readAgentsWithoutCap(context.db, locatedBudgets.of(context), context.adapters),
})

const ScopeFilter = TaskFilter.describe('What budgets are over: an id, or the identifier of a task. One that there is not finds nothing.')

export const list = query({
  title: 'List budgets with what is used of them',
  input: z.strictObject({ companyId: Id, scope: BudgetScope.optional(), scopeId: ScopeFilter.optional(), ...pageInput }),
  output: pageOf(Budget),
  access: { scope: 'budgets:read', company: 'company' },
  http: ['GET', '/companies/:companyId/budgets'],
  async handle(context, input) {
    let rows = context.db.selectFrom('budgets').selectAll().where('company_id', '=', context.companyId).where('removed_at', 'is', null)
    if (input.scope) rows = rows.where('scope', '=', input.scope)
    const scopeId = await filteredTaskId(context.db, context.companyId, input.scopeId)
    if (scopeId) rows = rows.where('scope_id', '=', scopeId)
    const page = await pageById(rows, input, { item: (row) => row })
    const standings = await readStandings(context.db, page.items, context.now)
    return { ...page, items: standings.map(toBudget) }
  },
})

export const forecast = query({
  title: 'Show what a budget will have used when its period ends, and when its limit will be reached',
  description:
    'What is used in its period, and for the time that is left the mean of this period and the one before (of the time since it was set, where that is shorter). What is held does not count.',
  input: z.strictObject({ budgetId: Id }),
  output: BudgetForecast,
  access: { scope: 'budgets:read', company: 'budget' },
  http: ['GET', '/budgets/:budgetId/forecast'],
  async handle(context, { budgetId }) {
    const { db, now } = context
    const budget = locatedBudgets.of(context)
    const { company_id: companyId, time_window: window, metric, limit_amount: limit, created_at: createdAt } = budget
    const from = basisStart(window, { now: new Date(now), createdAt })
    const [present, before] = [blankPeriod(budget, new Date(now)), blankPeriod(budget, new Date(from))]
    const keys = [...new Set([present.starts_at, before.starts_at])].map((startsAt) => ({ budgetId, startsAt }))
    const periods = await findPeriods(db, { companyId, keys })
    const spent = periods.find((period) => period.starts_at === present.starts_at)?.spent ?? 0
    const basis = { fromMs: Date.parse(from), spent: periods.reduce((sum, period) => sum + period.spent, 0) }
    const endMs = present.ends_at === null ? null : Date.parse(present.ends_at)
    const found = forecastOf({ window, nowMs: Date.parse(now), endMs, limit, spent, basis })
    return {
      budgetId,
      metric,
      limit,
      endsAt: present.ends_at,
      spent,
      perDay: found?.perDay ?? null,
      forecast: found?.forecast ?? null,
      reachedAt: spent >= limit ? now : typeof found?.reachedMs === 'number' ? isoTime(found.reachedMs) : null,
      basis: { from, to: now },
    }
  },
})

export const incidents = query({
  title: 'List limits that were reached, oldest first',
  input: z.strictObject({ companyId: Id, status: BudgetIncidentStatus.optional(), ...pageInput }),
  output: pageOf(BudgetIncident),
  access: { scope: 'budgets:read', company: 'company' },
  http: ['GET', '/companies/:companyId/budget-incidents'],
  async handle(context, input) {
    let rows = context.db.selectFrom('budget_incidents').selectAll().where('company_id', '=', context.companyId)
    if (input.status) rows = rows.where('status', '=', input.status)
    return pageById(rows, input, { item: toIncident })
  },
})
