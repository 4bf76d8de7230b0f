import type { OutputOf } from '../../data/operations.ts'
import type { ChartDay } from '../../parts/day-chart.tsx'

type Forecast = OutputOf<'costs.forecast'>

const dayMs = 86_400_000

/** The days that were, and those to the end of the month as they will probably be. Pure. */
export function chartDays(
  days: readonly { readonly day: string; readonly costMicros: number }[],
  forecast: Forecast | undefined,
): ChartDay[] {
  const past = days.map(({ day, costMicros }) => ({ day, micros: costMicros, isForecast: false }))
  const last = days.at(-1)
  if (!last || forecast?.dailyMicros === null || forecast === undefined) return past
  const { dailyMicros, endsAt } = forecast
  const begin = Date.parse(`${last.day}T00:00:00.000Z`) + dayMs
  const left = Math.max(0, Math.round((Date.parse(endsAt) - begin) / dayMs))
  const coming = Array.from({ length: left }, (_, at) => ({
    day: new Date(begin + at * dayMs).toISOString().slice(0, 10),
    micros: dailyMicros,
    isForecast: true,
  }))
  return [...past, ...coming]
}

/** The last months up to a day, the newest first, such as `2026-11`. Pure. */
export function monthsUntil(day: string, count: number): string[] {
  const [year = 0, month = 1] = day.split('-').map(Number)
  return Array.from({ length: count }, (_, back) => new Date(Date.UTC(year, month - 1 - back, 1)).toISOString().slice(0, 7))
}
