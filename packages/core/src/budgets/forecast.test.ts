import { describe, expect, it } from 'vitest'

import { basisStart, forecastOf } from './forecast.ts'

const at = (time: string) => Date.parse(time)
const dayMs = 86_400_000

describe('what a budget goes by', () => {
  it.each([
    { window: 'month_utc', now: '2026-12-01T00:00:00.000Z', from: '2026-11-01T00:00:00.000Z' },
    { window: 'month_utc', now: '2027-01-31T23:59:59.999Z', from: '2026-12-01T00:00:00.000Z' },
    { window: 'day', now: '2028-03-01T00:00:00.000Z', from: '2028-02-29T00:00:00.000Z' },
    { window: 'day', now: '2026-01-05T12:00:00.000Z', from: '2026-01-05T10:00:00.000Z' },
    { window: 'lifetime', now: '2026-12-01T00:00:00.000Z', from: '2026-01-05T10:00:00.000Z' },
  ] as const)('in a $window at $now begins at $from', ({ window, now, from }) => {
    expect(basisStart(window, { now: new Date(now), createdAt: '2026-01-05T10:00:00.000Z' })).toBe(from)
  })
})

describe('the forecast of a budget', () => {
  const november = { window: 'month_utc', endMs: at('2026-12-01T00:00:00Z'), limit: 3_000 } as const

  it('is what is used, and the pace for the time that is left', () => {
    const basis = { fromMs: at('2026-10-01T00:00:00Z'), spent: 4_600 }
    const found = forecastOf({ ...november, nowMs: at('2026-11-16T00:00:00Z'), spent: 1_500, basis })
    expect(found).toEqual({ perDay: 100, forecast: 3_000, reachedMs: at('2026-12-01T00:00:00Z') })
  })

  it('is there at the first millisecond of a month, by the month before', () => {
    const basis = { fromMs: at('2026-10-01T00:00:00Z'), spent: 6_200 }
    const found = forecastOf({ ...november, nowMs: at('2026-11-01T00:00:00Z'), spent: 0, basis })
    expect(found).toEqual({ perDay: 200, forecast: 6_000, reachedMs: at('2026-11-16T00:00:00Z') })
  })

  it('is none before there is a pace: a day, or an hour of a budget of days', () => {
    const nowMs = at('2026-11-10T00:00:00Z')
    const since = (ms: number) => ({ fromMs: nowMs - ms, spent: 5 })
    expect(forecastOf({ ...november, nowMs, spent: 5, basis: since(dayMs - 1) })).toBeNull()
    expect(forecastOf({ ...november, nowMs, spent: 5, basis: since(dayMs) })).not.toBeNull()
    const day = { window: 'day', endMs: nowMs + dayMs, limit: 9, nowMs, spent: 5 } as const
    expect(forecastOf({ ...day, basis: since(3_599_999) })).toBeNull()
    expect(forecastOf({ ...day, basis: since(3_600_000) })).toMatchObject({ perDay: 120 })
    const beyond = { fromMs: nowMs - 3_600_000, spent: Number.MAX_SAFE_INTEGER }
    expect(forecastOf({ ...day, basis: beyond })).toMatchObject({ perDay: Number.MAX_SAFE_INTEGER, forecast: Number.MAX_SAFE_INTEGER })
  })

  it('says no time for a limit that is reached after the end, or never', () => {
    const given = { ...november, nowMs: at('2026-11-30T00:00:00Z'), spent: 0 }
    const basis = { fromMs: at('2026-10-01T00:00:00Z'), spent: 60 }
    expect(forecastOf({ ...given, basis })).toEqual({ perDay: 1, forecast: 1, reachedMs: null })
    expect(forecastOf({ ...given, basis: { ...basis, spent: 0 } })).toEqual({ perDay: 0, forecast: 0, reachedMs: null })
    const forGood = { ...given, window: 'lifetime', endMs: null, limit: Number.MAX_SAFE_INTEGER, spent: 60 } as const
    expect(forecastOf({ ...forGood, basis })).toEqual({ perDay: 1, forecast: null, reachedMs: null })
  })
})
