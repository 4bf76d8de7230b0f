import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { periodOf } from './period.ts'

const day = 86_400_000
const times = fc.date({ min: new Date('2026-01-01T00:00:00.000Z'), max: new Date('2036-12-31T23:59:59.999Z'), noInvalidDate: true })
const windows = fc.constantFrom('month_utc', 'day', 'lifetime')

describe('the period of a moment', () => {
  it('contains it, whatever the moment and the window', () => {
    fc.assert(
      fc.property(windows, times, (window, at) => {
        const { startsAt, endsAt } = periodOf(window, at)
        expect(at.toISOString() >= startsAt).toBe(true)
        expect(endsAt === null || at.toISOString() < endsAt).toBe(true)
      }),
    )
  })

  it('is the same one for all moments in it, and ends where the next one begins', () => {
    fc.assert(
      fc.property(fc.constantFrom('month_utc', 'day'), times, (window, at) => {
        const period = periodOf(window, at)
        const end = Date.parse(period.endsAt ?? '')
        expect(periodOf(window, new Date(period.startsAt))).toEqual(period)
        expect(periodOf(window, new Date(end - 1))).toEqual(period)
        expect(periodOf(window, new Date(end)).startsAt).toBe(period.endsAt)
      }),
    )
  })

  it('changes at the first millisecond of each month from 2026 to 2036, and not one sooner or later', () => {
    for (let month = 0; month < 11 * 12; month += 1) {
      const first = Date.UTC(2026, month, 1)
      const before = periodOf('month_utc', new Date(first - 1))
      const after = periodOf('month_utc', new Date(first))
      expect(before.endsAt).toBe(after.startsAt)
      expect(after.startsAt).toBe(new Date(first).toISOString())
      expect(periodOf('month_utc', new Date(first + 1))).toEqual(after)
      expect(after.startsAt.slice(7)).toBe('-01T00:00:00.000Z')
    }
  })

  it('changes at the first millisecond of each day from 2026 to 2036, at all of their 12,054 edges', () => {
    let edges = 0
    for (let midnight = Date.UTC(2026, 0, 1); midnight < Date.UTC(2037, 0, 1); midnight += day) {
      const [before, first, after] = [midnight - 1, midnight, midnight + 1].map((at) => periodOf('day', new Date(at)))
      expect(first).toEqual({ startsAt: new Date(midnight).toISOString(), endsAt: new Date(midnight + day).toISOString() })
      expect(before?.endsAt).toBe(first?.startsAt)
      expect(after).toEqual(first)
      edges += 3
    }
    expect(edges).toBe(12_054)
  })

  it('knows the days of February in each year, leap years too', () => {
    for (let year = 2026; year <= 2036; year += 1) {
      const { startsAt, endsAt } = periodOf('month_utc', new Date(`${year}-02-28T23:59:59.999Z`))
      expect((Date.parse(endsAt ?? '') - Date.parse(startsAt)) / day).toBe(year % 4 === 0 ? 29 : 28)
    }
    expect(periodOf('day', new Date('2028-02-29T12:00:00.000Z'))).toEqual({
      startsAt: '2028-02-29T00:00:00.000Z',
      endsAt: '2028-03-01T00:00:00.000Z',
    })
  })

  it('begins where it does in UTC, wherever the server stands', () => {
    const zone = process.env['TZ']
    try {
      for (const [name, at] of [
        ['Pacific/Kiritimati', '2026-11-30T23:30:00.000Z'],
        ['Pacific/Niue', '2026-12-01T00:30:00.000Z'],
      ] as const) {
        process.env['TZ'] = name
        expect(new Date(at).getMonth()).not.toBe(new Date(at).getUTCMonth())
        expect(periodOf('month_utc', new Date(at)).startsAt.slice(0, 7)).toBe(at.slice(0, 7))
        expect(periodOf('day', new Date(at)).startsAt.slice(0, 10)).toBe(at.slice(0, 10))
      }
    } finally {
      if (zone === undefined) delete process.env['TZ']
      else process.env['TZ'] = zone
    }
  })

  it('never ends for a lifetime', () => {
    expect(periodOf('lifetime', new Date())).toEqual({ startsAt: '1970-01-01T00:00:00.000Z', endsAt: null })
  })
})
