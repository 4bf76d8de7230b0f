import { expect, it } from 'vitest'

import { backoffMs } from './retry.ts'

it('doubles the ceiling of the wait with each attempt, up to the cap', () => {
  const most = (attempt: number) => backoffMs(attempt, { baseMs: 100, capMs: 1_000, random: () => 0.999_999 })
  expect([1, 2, 3, 4, 5, 60].map(most)).toEqual([99, 199, 399, 799, 999, 999])
})

it('spreads the wait from zero up', () => {
  expect(backoffMs(3, { baseMs: 100, capMs: 1_000, random: () => 0 })).toBe(0)
  expect(backoffMs(3, { baseMs: 100, capMs: 1_000, random: () => 0.5 })).toBe(200)
})
