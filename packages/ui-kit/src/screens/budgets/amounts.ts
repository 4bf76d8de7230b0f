import type { Budget, BudgetIncident, BudgetMetric } from '@engine/core/contract'

import { count, duration, money } from '../../parts/format.ts'

/** What people write a limit in, and how many of what is counted that is. */
export const units: Readonly<Record<BudgetMetric, { readonly name: string; readonly size: number }>> = {
  micros: { name: 'US dollars', size: 1_000_000 },
  tokens: { name: 'tokens', size: 1 },
  runs: { name: 'runs', size: 1 },
  wallMs: { name: 'minutes', size: 60_000 },
}

export const windows = { month_utc: 'each month', day: 'each day', lifetime: 'in all' } as const

/** As people read it. Pure. */
export function amount(metric: BudgetMetric, value: number): string {
  if (metric === 'micros') return money(value)
  if (metric === 'wallMs') return duration(0, value)
  return `${count(value)} ${metric}`
}

/** Since when a budget counts what is used: from the beginning of its period, and not before it was set. Pure. */
export function countedFrom({ period, createdAt }: Pick<Budget, 'period' | 'createdAt'>): string {
  return createdAt > period.startsAt ? createdAt : period.startsAt
}

/** A limit that somebody wrote; null for what is none. Pure. */
export function limitOf(metric: BudgetMetric, text: string): number | null {
  const value = Number(text.replaceAll(/[\s,$]/g, ''))
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) return null
  return Math.round(value * units[metric].size)
}

/** How much of the bar what was spent and held take, in percent; what is beyond the limit is not drawn. Pure. */
export function sharesOf({ limit, spent, held }: Pick<Budget, 'limit' | 'spent' | 'held'>): { spent: number; held: number } {
  if (limit === 0) return { spent: spent > 0 ? 100 : 0, held: 0 }
  const share = (value: number) => Math.min(100, Math.max(0, (value / limit) * 100))
  const taken = share(spent)
  return { spent: taken, held: Math.min(100 - taken, share(held)) }
}

/** What stops work comes first, then what is nearest to its limit. Pure. */
export function byUrgency(budgets: readonly Budget[]): Budget[] {
  const used = ({ limit, spent, held }: Budget) => (limit === 0 ? 1 : (spent + held) / limit)
  return budgets.toSorted((left, right) => Number(right.isStopped) - Number(left.isStopped) || used(right) - used(left))
}

/** Pure. */
export function openIncident(incidents: readonly BudgetIncident[], budgetId: string): BudgetIncident | null {
  return incidents.find((incident) => incident.budgetId === budgetId && incident.status === 'open') ?? null
}

/** The limit that is offered at one click: so many times the present one that work goes on, twice at least. Pure. */
export function higherLimit({ limit, spent, held }: Pick<Budget, 'limit' | 'spent' | 'held'>): number {
  const used = spent + held
  if (limit === 0) return used + 1
  return limit * Math.max(2, Math.floor(used / limit) + 1)
}
