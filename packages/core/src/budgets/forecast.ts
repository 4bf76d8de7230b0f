import { countable } from '../kernel/countable.ts'
import { periodOf } from './period.ts'
import type { BudgetWindow } from './schema.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** After how much time there is a pace to go by, milliseconds. */
const leastMs: Readonly<Record<BudgetWindow, number>> = { month_utc: dayMs, day: hourMs, lifetime: dayMs }

/** From when on a budget is looked at for its pace: the period before the present one, or when it was set, whichever came last. Pure. */
export function basisStart(window: BudgetWindow, { now, createdAt }: { now: Date; createdAt: string }): string {
  const { startsAt, endsAt } = periodOf(window, now)
  const before = endsAt === null ? startsAt : periodOf(window, new Date(Date.parse(startsAt) - 1)).startsAt
  return before > createdAt ? before : createdAt
}

interface Given {
  readonly window: BudgetWindow
  readonly nowMs: number
  /** Where the period ends; null for never. */
  readonly endMs: number | null
  readonly limit: number
  /** In the present period. */
  readonly spent: number
  /** Since when, and how much in all: in the present period and the one before. */
  readonly basis: { readonly fromMs: number; readonly spent: number }
}

interface Forecast {
  readonly perDay: number
  /** What will have been used when the period ends; null where it never does. */
  readonly forecast: number | null
  /** When a limit that is not reached will be; null where that is after the end, or never. */
  readonly reachedMs: number | null
}

/** The year 9999 ends here: a pace that is next to nothing reaches its limit at no time that can be written. */
const lastMs = Date.UTC(9999, 11, 31)

/** What becomes of a budget if it goes on as it did; null before there is a pace. Pure. */
export function forecastOf({ window, nowMs, endMs, limit, spent, basis }: Given): Forecast | null {
  const passedMs = nowMs - basis.fromMs
  if (passedMs < leastMs[window]) return null
  const perMs = basis.spent / passedMs
  const forecast = endMs === null ? null : spent + Math.round(perMs * Math.max(0, endMs - nowMs))
  const reachesMs = nowMs + Math.ceil((limit - spent) / perMs)
  return {
    perDay: countable(Math.round(perMs * dayMs)),
    forecast: forecast && countable(forecast),
    reachedMs: reachesMs <= Math.min(endMs ?? lastMs, lastMs) ? reachesMs : null,
  }
}
