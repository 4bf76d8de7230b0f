import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { dayOf, daysBetween, endOfMonth } from './days.ts'
import { basisOf, forecastOf } from './forecast.ts'

const noon = Date.UTC(2026, 10, 21, 12)

describe('a forecast', () => {
  it('goes by the last seven full days, not by today', () => {
    expect(basisOf({ nowMs: noon, firstDay: '2026-01-01' })).toEqual([
      '2026-11-14',
      '2026-11-15',
      '2026-11-16',
      '2026-11-17',
      '2026-11-18',
      '2026-11-19',
      '2026-11-20',
    ])
  })

  it('goes by the days since the first cost where these are fewer', () => {
    expect(basisOf({ nowMs: noon, firstDay: '2026-11-19' })).toEqual(['2026-11-19', '2026-11-20'])
    expect(basisOf({ nowMs: noon, firstDay: '2026-11-21' })).toEqual([])
    expect(basisOf({ nowMs: noon, firstDay: null })).toEqual([])
  })

  it('is what is spent, and the mean for the time that is left', () => {
    const endMs = endOfMonth('2026-11-21')
    // Nine and a half days are left.
    expect(forecastOf({ nowMs: noon, endMs, spentMicros: 1_000, basis: [100, 0, 200] })).toEqual({
      dailyMicros: 100,
      forecastMicros: 1_950,
    })
  })

  it('is none before there is a full day', () => {
    expect(forecastOf({ nowMs: noon, endMs: noon + 1, spentMicros: 5, basis: [] })).toBeNull()
  })

  it('is never less than what is spent, and is that when the window ends', () => {
    const amounts = fc.nat(2 ** 40)
    fc.assert(
      fc.property(amounts, fc.array(amounts, { minLength: 1, maxLength: 7 }), fc.nat(31 * 86_400_000), (spentMicros, basis, leftMs) => {
        const given = { nowMs: noon, spentMicros, basis }
        expect(forecastOf({ ...given, endMs: noon + leftMs })?.forecastMicros).toBeGreaterThanOrEqual(spentMicros)
        expect(forecastOf({ ...given, endMs: noon })?.forecastMicros).toBe(spentMicros)
      }),
    )
  })
})

describe('days', () => {
  it('go over the ends of months and leap days', () => {
    expect(daysBetween('2028-02-27', '2028-03-01')).toEqual(['2028-02-27', '2028-02-28', '2028-02-29', '2028-03-01'])
    expect(daysBetween('2026-12-31', '2027-01-01')).toEqual(['2026-12-31', '2027-01-01'])
    expect(daysBetween('2026-12-31', '2026-12-30')).toEqual([])
  })

  it('end their month where the next one begins', () => {
    for (let month = 0; month < 12 * 11; month += 1) {
      const end = Date.UTC(2026, month + 1, 1)
      for (const ms of [Date.UTC(2026, month, 1), end - 1]) expect(endOfMonth(dayOf(ms))).toBe(end)
    }
  })
})
