import { readSchedule } from '../routines/cron.ts'
import type { PluginJob } from './types.ts'

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** When a job runs next after a time, both in milliseconds. Pure. @throws for a schedule that is none */
export function nextRun(schedule: PluginJob['schedule'], after: number): number {
  if ('every' in schedule) {
    const [, count = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(schedule.every) ?? []
    const ms = Number(count) * (units[unit] ?? 0)
    if (!(ms > 0)) throw new Error(`"${schedule.every}" is no pause such as 30s, 15m, 2h or 1d`)
    return after + ms
  }
  const next = readSchedule({ expression: schedule.cron, timeZone: 'UTC' }).next(new Date(after).toISOString())
  if (next === null) throw new Error(`the cron expression "${schedule.cron}" never comes`)
  return Date.parse(next)
}
