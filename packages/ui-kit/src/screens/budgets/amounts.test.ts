import { describe, expect, it } from 'vitest'

import type { Budget } from '@engine/core/contract'

import { amount, byUrgency, countedFrom, higherLimit, limitOf, sharesOf } from './amounts.ts'

describe('a budget in words and bars', () => {
  it('says amounts in the unit of what is counted', () => {
    expect([amount('micros', 1_500_000), amount('tokens', 12_000), amount('runs', 3), amount('wallMs', 90_000)]).toEqual([
      '$1.50',
      '12,000 tokens',
      '3 runs',
      '1 min 30 s',
    ])
  })

  it('takes a limit as people write it, and nothing else', () => {
    expect([limitOf('micros', '$1,250.50'), limitOf('wallMs', '30'), limitOf('runs', '12')]).toEqual([1_250_500_000, 1_800_000, 12])
    expect([limitOf('micros', ''), limitOf('micros', 'much'), limitOf('runs', '-1')]).toEqual([null, null, null])
  })

  it('counts from the beginning of its period, and not before it was set', () => {
    const period = { startsAt: '2026-11-01T00:00:00.000Z', endsAt: null }
    expect(countedFrom({ period, createdAt: '2026-10-05T09:00:00.000Z' })).toBe('2026-11-01T00:00:00.000Z')
    expect(countedFrom({ period, createdAt: '2026-11-23T09:00:00.000Z' })).toBe('2026-11-23T09:00:00.000Z')
  })

  it('never draws beyond its end', () => {
    expect(sharesOf({ limit: 100, spent: 80, held: 50 })).toEqual({ spent: 80, held: 20 })
    expect(sharesOf({ limit: 100, spent: 130, held: 10 })).toEqual({ spent: 100, held: 0 })
    expect(sharesOf({ limit: 0, spent: 0, held: 0 })).toEqual({ spent: 0, held: 0 })
  })

  it('shows what stops work before what is nearest to its limit', () => {
    const budget = (id: string, spent: number, isStopped = false) => ({ id, limit: 100, spent, held: 0, isStopped }) as Budget
    expect(byUrgency([budget('calm', 1), budget('near', 90), budget('stopped', 50, true)]).map(({ id }) => id)).toEqual([
      'stopped',
      'near',
      'calm',
    ])
  })
})

describe('the limit that is offered where work stopped', () => {
  it.each([
    { limit: 100, spent: 96, held: 0, offered: 200 },
    { limit: 100, spent: 100, held: 0, offered: 200 },
    { limit: 100, spent: 150, held: 40, offered: 200 },
    { limit: 100, spent: 650, held: 0, offered: 700 },
    { limit: 0, spent: 0, held: 0, offered: 1 },
    { limit: 0, spent: 12, held: 0, offered: 13 },
  ])('of $limit, with $spent spent and $held held, is $offered', ({ offered, ...budget }) => {
    expect(higherLimit(budget)).toBe(offered)
    expect(offered).toBeGreaterThan(budget.spent)
  })
})
