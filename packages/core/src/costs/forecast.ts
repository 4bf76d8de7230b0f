import { countable } from '../kernel/countable.ts'
import { dayOf, daysAfter, daysBetween } from './days.ts'

const dayMs = 86_400_000
/** How many days a forecast is made of. */
const basisDays = 7

/** The last full days that a forecast goes by: seven, or those since the first cost. Pure. */
export function basisOf({ nowMs, firstDay }: { nowMs: number; firstDay: string | null }): string[] {
  if (firstDay === null) return []
  const today = dayOf(nowMs)
  const earliest = daysAfter(today, -basisDays)
  return daysBetween(firstDay > earliest ? firstDay : earliest, daysAfter(today, -1))
}

interface Given {
  readonly nowMs: number
  readonly endMs: number
  /** In the window, until now. */
  readonly spentMicros: number
  /** On each of the days of the basis; a day without costs is a zero. */
  readonly basis: readonly number[]
}

/**
 * What will have been spent when the window ends: what is spent, and for the time that is left the mean of the last full days. Null
 * before there is a full day. Pure.
 */
export function forecastOf({ nowMs, endMs, spentMicros, basis }: Given): { dailyMicros: number; forecastMicros: number } | null {
  if (basis.length === 0) return null
  const mean = basis.reduce((sum, micros) => sum + micros, 0) / basis.length
  const daysLeft = Math.max(0, endMs - nowMs) / dayMs
  return { dailyMicros: Math.round(mean), forecastMicros: countable(spentMicros + Math.round(mean * daysLeft)) }
}
