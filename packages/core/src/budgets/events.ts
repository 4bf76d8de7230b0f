import { z } from 'zod'

import { BudgetMetric, BudgetResolution, BudgetScope, BudgetWindow } from './schema.ts'

const about = { scope: BudgetScope, scopeId: z.string(), window: BudgetWindow, metric: BudgetMetric }
const standing = { periodStartsAt: z.string(), limit: z.number(), spent: z.number(), held: z.number() }

export const budgetEvents = {
  'budget.set': z.object({ ...about, limit: z.number(), warnPercent: z.number(), isHard: z.boolean() }),
  'budget.removed': z.object(about),
  /** Once in each period, and again after the limit was raised. */
  'budget.warned': z.object({ ...about, ...standing }),
  /** Work in its scope has stopped; there is one incident and one request for more. */
  'budget.exhausted': z.object({ ...about, ...standing, budgetId: z.string(), approvalId: z.string() }),
  /** A bill that came late took a period that is over to its limit: there is an incident, and nothing stops. */
  'budget.exceeded': z.object({ ...about, ...standing, budgetId: z.string() }),
  /** Work in its scope goes on: the period in which it stopped is over. */
  'budget.renewed': z.object({ ...about, periodStartsAt: z.string() }),
  'budget.resolved': z.object({ ...about, budgetId: z.string(), resolution: BudgetResolution }),
}
