import type { BudgetPeriodTable, BudgetTable } from './table.ts'

type Used = Pick<BudgetPeriodTable, 'limit_amount' | 'spent' | 'held'>

/** What of a period may still be set aside. Pure. */
export function freeOf({ limit_amount: limit, spent, held }: Used): number {
  return Math.max(0, limit - spent - held)
}

/** A period after something was spent in it, and held for it no more. Whatever was spent is counted: only truth goes beyond a limit. Pure. */
export function afterSpending(period: BudgetPeriodTable, change: { spent: number; released: number }): BudgetPeriodTable {
  const spent = Math.min(period.spent + change.spent, Number.MAX_SAFE_INTEGER - period.held)
  return withExcess({ ...period, spent, held: period.held - change.released })
}

/** A period under another limit. Pure. */
export function underLimit(period: BudgetPeriodTable, budget: Pick<BudgetTable, 'limit_amount' | 'is_hard'>): BudgetPeriodTable {
  return withExcess({ ...period, limit_amount: budget.limit_amount, is_hard: budget.is_hard })
}

function withExcess(period: BudgetPeriodTable): BudgetPeriodTable {
  return { ...period, excess: Math.max(0, period.spent + period.held - period.limit_amount) }
}

/** Whether so much is spent that somebody should know. Pure. */
export function isNear({ spent, limit_amount: limit }: Pick<Used, 'spent' | 'limit_amount'>, percent: number): boolean {
  return BigInt(spent) * 100n >= BigInt(limit) * BigInt(percent)
}

/** Whether a hard budget is used up. Pure. */
export function isUsedUp({
  is_hard: isHard,
  spent,
  limit_amount: limit,
}: Pick<BudgetPeriodTable, 'is_hard' | 'spent' | 'limit_amount'>): boolean {
  return isHard === 1 && spent >= limit
}

/** The limit that is proposed when one was reached: what was used, and as much again as was allowed. Pure. */
export function proposedLimit({ limit_amount: limit, spent, held }: Used): number {
  return Math.min(spent + held + Math.max(limit, 1), Number.MAX_SAFE_INTEGER)
}
