import { expect, it } from 'vitest'

import { cooldownMs } from './cooldown.ts'

const settings = { cooldownBaseMs: 1_000, cooldownCapMs: 60_000 }
const after = (failures: number, chance: number, retryAfterMs: number | null = null) =>
  cooldownMs({ failures, retryAfterMs, settings, random: () => chance })

it('a cooldown grows with each failure in a row, by chance, up to a bound', () => {
  expect([1, 2, 3].map((failures) => after(failures, 0.5))).toEqual([1_500, 2_000, 3_000])
  expect(after(50, 0.999_999)).toBeLessThanOrEqual(61_000)
})

it('a cooldown is never shorter than its base, whatever chance says', () => {
  expect([1, 5, 50].map((failures) => after(failures, 0))).toEqual([1_000, 1_000, 1_000])
})

it('a cooldown is never shorter than the provider asked, also beyond the bound', () => {
  expect(after(1, 0.5, 86_400_000)).toBe(86_400_000)
  expect(after(1, 0.5, 10)).toBe(1_500)
})
