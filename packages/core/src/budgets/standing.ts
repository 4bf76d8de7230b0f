import type { Kysely } from 'kysely'

import type { Database } from '../database/tables.ts'
import { changedMeanwhile } from '../kernel/change.ts'
import type { CommandContext } from '../kernel/command.ts'
import type { Spender } from './amounts.ts'
import { lockOver, type BudgetOver, type Over } from './over.ts'
import { periodOf } from './period.ts'
import { addPeriods, findPeriods, lockPeriods, stoppedAmong, swapPeriods, type PeriodChange } from './sql.ts'
import type { BudgetPeriodTable, BudgetTable, Standing } from './table.ts'

/** A period of a budget of which nothing is used yet. Pure. */
export function blankPeriod(budget: BudgetTable, at: Date): BudgetPeriodTable {
  const { startsAt, endsAt } = periodOf(budget.time_window, at)
  return {
    company_id: budget.company_id,
    budget_id: budget.id,
    starts_at: startsAt,
    ends_at: endsAt,
    limit_amount: budget.limit_amount,
    is_hard: budget.is_hard,
    spent: 0,
    held: 0,
    excess: 0,
    is_warned: 0,
  }
}

/** Every budget that something counts in, with its period of a time; nobody else changes them until the transaction ends. */
export async function lockStandings(
  context: CommandContext,
  spender: Spender,
  { at, hardOnly = false }: { at: Date; hardOnly?: boolean },
): Promise<Standing[]> {
  const over = await lockOver(context.tx, { spenders: [spender], times: [at], hardOnly })
  return withPeriods(
    context,
    over,
    over.budgets.map((budget) => ({ budget, at })),
  )
}

/** A budget, and a time whose period is meant. */
export interface PeriodPlace {
  readonly budget: BudgetOver
  readonly at: Date
}

/** Budgets with their periods, which are locked; those that nobody has used yet are added. */
export async function withPeriods(context: CommandContext, over: Over, places: readonly PeriodPlace[]): Promise<Standing[]> {
  const known = standingsOf(over, places)
  if (known) return known
  const { companyId } = context
  const blank = places.map(({ budget, at }) => blankPeriod(budget, at))
  await addPeriods(context.tx, blank)
  const periods = await lockPeriods(context.tx, { companyId, keys: blank.map(keyOf) })
  const complete = standingsOf({ ...over, periods }, places)
  if (!complete) throw changedMeanwhile('budget', places[0]?.budget.id ?? '')
  return complete
}

/** Budgets with their periods; null when somebody has to add one first. Pure. */
export function standingsOf({ periods }: Over, places: readonly PeriodPlace[]): Standing[] | null {
  const standings: Standing[] = []
  for (const { budget: found, at } of places) {
    const { stopped_at: stoppedAt, ...budget } = found
    const { startsAt } = periodOf(budget.time_window, at)
    const period = periods.find((one) => one.budget_id === budget.id && one.starts_at === startsAt)
    if (!period) return null
    standings.push({ budget, period, isStopped: stoppedAt !== null })
  }
  return standings
}

/** Budgets of one company as they stand now, for reading. */
export async function readStandings(db: Kysely<Database>, budgets: readonly BudgetTable[], now: string): Promise<Standing[]> {
  const [one] = budgets
  if (!one) return []
  const blank = budgets.map((budget) => blankPeriod(budget, new Date(now)))
  const periods = await findPeriods(db, { companyId: one.company_id, keys: blank.map(keyOf) })
  const stopped = await stoppedAmong(db, { companyId: one.company_id, budgetIds: budgets.map(({ id }) => id) })
  return budgets.map((budget, index) => {
    const period = periods.find(({ budget_id: id }) => id === budget.id) ?? blank[index] ?? blankPeriod(budget, new Date(now))
    return { budget, period, isStopped: stopped.has(budget.id) }
  })
}

export async function readStanding(db: Kysely<Database>, budget: BudgetTable, now: string): Promise<Standing> {
  const [standing] = await readStandings(db, [budget], now)
  return standing ?? { budget, period: blankPeriod(budget, new Date(now)), isStopped: false }
}

function keyOf({ budget_id: budgetId, starts_at: startsAt }: BudgetPeriodTable) {
  return { budgetId, startsAt }
}

/** Writes what became of periods that are locked. */
export async function writePeriods(context: CommandContext, changes: readonly PeriodChange[]): Promise<void> {
  const [first] = changes
  if (first && !(await swapPeriods(context.tx, context.companyId, changes))) throw changedMeanwhile('budget', first.before.budget_id)
}

/** How events name what a budget is about. Pure. */
export function aboutBudget(budget: BudgetTable) {
  return { scope: budget.scope, scopeId: budget.scope_id, window: budget.time_window, metric: budget.metric }
}

/** How events tell how a budget stands. Pure. */
export function aboutPeriod(period: BudgetPeriodTable) {
  return { periodStartsAt: period.starts_at, limit: period.limit_amount, spent: period.spent, held: period.held }
}

export function budgetRef(budget: BudgetTable) {
  return { type: 'budget' as const, id: budget.id, version: budget.version }
}
