import { describe, expect, it } from 'vitest'

import { bytes, duration, initials, moment, money, timeFrom, withArticle } from './format.ts'

const now = Date.parse('2026-03-01T12:00:00.000Z')

describe('what people read', () => {
  it('says a moment with its time zone', () => {
    const zone = new Intl.DateTimeFormat(undefined, { timeZoneName: 'short' })
      .formatToParts(now)
      .find(({ type }) => type === 'timeZoneName')
    expect(moment('2026-03-01T12:00:00.000Z')).toContain(zone?.value ?? 'a zone')
  })

  it('says how long ago in the largest unit that fits', () => {
    expect(timeFrom('2026-03-01T11:59:58.000Z', now)).toBe('now')
    expect(timeFrom('2026-03-01T11:57:00.000Z', now)).toBe('3m ago')
    expect(timeFrom('2026-02-27T12:00:00.000Z', now)).toBe('2d ago')
    expect(timeFrom('2026-03-01T14:00:00.000Z', now)).toBe('in 2h')
  })

  it('puts nothing into the future that happened since the clock last moved', () => {
    expect(timeFrom('2026-03-01T12:00:09.000Z', now)).toBe('now')
    expect(timeFrom('2026-03-01T12:00:20.000Z', now)).toBe('in 20s')
  })

  it('says one of a kind', () => {
    expect([withArticle('team'), withArticle('agent')]).toEqual(['a team', 'an agent'])
  })

  it('keeps the digits of small amounts', () => {
    expect([money(0), money(1_234), money(12_340_000)]).toEqual(['$0.00', '$0.0012', '$12.34'])
  })

  it('says durations and sizes', () => {
    expect([duration(0, 40.4), duration(0, 1_500), duration(0, 75_000), duration(0, 3_700_000)]).toEqual([
      '40 ms',
      '1.5 s',
      '1 min 15 s',
      '1 h 1 min',
    ])
    expect([bytes(12), bytes(1_500)]).toEqual(['12 B', '1.5 kB'])
  })

  it('has letters for any name', () => expect([initials('Ada Byron'), initials('rui'), initials('')]).toEqual(['AB', 'R', '?']))
})
