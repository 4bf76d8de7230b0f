import { describe, expect, it } from 'vitest'

import { planTick } from './catch-up.ts'
import { readSchedule } from './cron.ts'
import type { CatchUp } from './schema.ts'

const hourly = readSchedule({ expression: '0 * * * *', timeZone: 'UTC' })
const plan = (catchUp: CatchUp, scheduledFor: string, present: string) =>
  planTick({ schedule: hourly, catchUp, scheduledFor: `2026-01-${scheduledFor}.000Z`, present: `2026-01-${present}.000Z` })
const at = (time: string) => `2026-01-${time}.000Z`

describe('a time that has come', () => {
  it.each(['skip', 'once', 'all'] as const)('fires and is followed by the next, when somebody comes in time (%s)', (catchUp) => {
    expect(plan(catchUp, '01T10:00:00', '01T10:00:04')).toEqual({ fires: at('01T10:00:00'), next: at('01T11:00:00') })
  })

  it('that was missed alone is skipped, or made up', () => {
    expect(plan('skip', '01T10:00:00', '01T10:30:00')).toEqual({ fires: null, next: at('01T11:00:00') })
    expect(plan('once', '01T10:00:00', '01T10:30:00')).toEqual({ fires: at('01T10:00:00'), next: at('01T11:00:00') })
  })

  it('that was missed with others is skipped with them, save the newest when it has just come', () => {
    expect(plan('skip', '01T10:00:00', '01T15:30:00')).toEqual({ fires: null, next: at('01T16:00:00') })
    expect(plan('skip', '01T10:00:00', '01T15:00:30')).toEqual({ fires: at('01T15:00:00'), next: at('01T16:00:00') })
  })

  it('that was missed with others is made up once, for the newest', () => {
    expect(plan('once', '01T10:00:00', '03T15:30:00')).toEqual({ fires: at('03T15:00:00'), next: at('03T16:00:00') })
  })

  it('is made up one after the other, the newest 25', () => {
    expect(plan('all', '01T10:00:00', '01T15:30:00')).toEqual({ fires: at('01T10:00:00'), next: at('01T11:00:00') })
    const fired: string[] = []
    for (let next: string | null = at('01T10:00:00'); next !== null && next <= at('05T00:30:00');) {
      const step: { fires: string | null; next: string | null } = planTick({
        schedule: hourly,
        catchUp: 'all',
        scheduledFor: next,
        present: at('05T00:30:00'),
      })
      if (step.fires) fired.push(step.fires)
      next = step.next
    }
    expect(fired).toHaveLength(25)
    expect([fired[0], fired.at(-1)]).toEqual([at('04T00:00:00'), at('05T00:00:00')])
  })

  it('is none of the schedule any more, and fires once all the same', () => {
    expect(plan('once', '01T10:20:00', '01T10:20:01')).toEqual({ fires: at('01T10:20:00'), next: at('01T11:00:00') })
  })
})
