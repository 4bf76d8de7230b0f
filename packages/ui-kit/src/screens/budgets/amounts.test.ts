import { describe, expect, it } from 'vitest'

import type { Budget } from '@engine/core/contract'

import { amount, byUrgency, higherLimit, limitOf, sharesOf } from './amounts.ts'

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
    [100, 96, 0, 200],
    [100, 100, 0, 200],
    [100, 150, 40, 200],
    [100, 650, 0, 700],
    [0, 0, 0, 1],
    [0, 12, 0, 13],
  ])('of %d, with %d spent and %d held, is %d', (limit, spent, held, expected) => {
    expect(higherLimit({ limit, spent, held })).toBe(expected)
    expect(expected).toBeGreaterThan(spent)
  })
})
