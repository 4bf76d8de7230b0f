import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { Price } from '../ports/prices.ts'
import { costOf, upperBoundOf } from './cost.ts'

const flat: Price = { inputMicros: 3_000_000, cachedInputMicros: 300_000, cacheWriteMicros: 3_750_000, outputMicros: 15_000_000, tiers: [] }
const above200k = { inputMicros: 6_000_000, cachedInputMicros: 600_000, cacheWriteMicros: 7_500_000, outputMicros: 22_500_000 }
const tiered: Price = { ...flat, tiers: [{ aboveInputTokens: 200_000, ...above200k }] }

describe('what usage costs', () => {
  it('is each kind of token at its own rate', () => {
    const usage = { inputTokens: 1_000, cachedInputTokens: 400, cacheWriteTokens: 100, outputTokens: 10 }
    expect(costOf(flat, usage)).toBe(500 * 3 + 400 * 0.3 + 100 * 3.75 + 10 * 15)
  })

  it('is rounded up once, and not for each kind', () => {
    const third: Price = { ...flat, inputMicros: 333_333, outputMicros: 333_333 }
    expect(costOf(third, { inputTokens: 1 })).toBe(1)
    expect(costOf(third, { inputTokens: 1, outputTokens: 1 })).toBe(1)
    expect(costOf(third, { inputTokens: 2, outputTokens: 2 })).toBe(2)
    expect(costOf(flat, {})).toBe(0)
  })

  it.each([
    [199_999, 200_000 * 3 - 3],
    [200_000, 200_000 * 3],
    [200_001, 200_001 * 6],
  ])('of %i input tokens is that of their tier, as a whole', (inputTokens, expected) => {
    expect(costOf(tiered, { inputTokens })).toBe(expected)
    expect(costOf(tiered, { inputTokens, outputTokens: 2 })).toBe(expected + (inputTokens > 200_000 ? 45 : 30))
  })

  it('is exact where a number is not', () => {
    const dear: Price = { ...flat, inputMicros: 999_999_999_999 }
    expect(costOf(dear, { inputTokens: 1_000_001 })).toBe(1_000_000_999_999)
    expect(costOf(dear, { inputTokens: Number.MAX_SAFE_INTEGER })).toBe(Number.MAX_SAFE_INTEGER)
  })

  it('counts cached tokens that a program does not count as input', () => {
    expect(costOf(flat, { inputTokens: 0, cachedInputTokens: 1_000 })).toBe(300)
  })
})

describe('what a call can cost at most', () => {
  it('takes the tier that its bound reaches, and not the lowest', () => {
    const call = { inputTokens: 300_000, maxOutputTokens: 1_000 }
    expect(upperBoundOf(tiered, call)).toBe(300_000 * 7.5 + 1_000 * 22.5)
    expect(upperBoundOf(tiered, { ...call, inputTokens: 200_000 })).toBe(200_000 * 3.75 + 1_000 * 15)
  })

  it('is not less because a larger call would be cheaper', () => {
    const cheaper: Price = { ...flat, tiers: [{ aboveInputTokens: 10, ...flat, inputMicros: 1, outputMicros: 1 }] }
    expect(upperBoundOf(cheaper, { inputTokens: 11, maxOutputTokens: 1 })).toBeGreaterThanOrEqual(
      costOf(cheaper, { inputTokens: 10, outputTokens: 1 }),
    )
  })

  const micros = fc.integer({ min: 0, max: 200_000_000 })
  const rates = { inputMicros: micros, cachedInputMicros: micros, cacheWriteMicros: micros, outputMicros: micros }
  const edges = [1, 128_000, 199_999, 200_000, 200_001, 271_999, 272_000, 272_001]
  const tokens = fc.oneof(fc.nat(1_000_000), fc.constantFrom(...edges))
  const price = fc.record({ ...rates, tiers: fc.array(fc.record({ aboveInputTokens: tokens, ...rates }), { maxLength: 4 }) })

  it('is never less than what any use within the bound costs', () => {
    const call = fc.record({ inputTokens: tokens, maxOutputTokens: tokens })
    const part = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(price, call, fc.tuple(part, part, part, part), (given, bound, [all, cached, written, output]) => {
        const inputTokens = Math.round(bound.inputTokens * all)
        const cachedInputTokens = Math.floor(inputTokens * cached)
        const cacheWriteTokens = Math.floor((inputTokens - cachedInputTokens) * written)
        const outputTokens = Math.round(bound.maxOutputTokens * output)
        const cost = costOf(given, { inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens })
        expect(cost).toBeLessThanOrEqual(upperBoundOf(given, bound))
      }),
      { numRuns: 2_000 },
    )
  })

  it('admits no more calls than a limit has room for, where the price has tiers', () => {
    // Five calls above the threshold at once, each of $0.15: a limit of $0.45 has room for three of them.
    const price: Price = { ...flat, inputMicros: 250_000, cacheWriteMicros: 250_000, outputMicros: 0, tiers: [] }
    const stepped: Price = { ...price, tiers: [{ aboveInputTokens: 272_000, ...price, inputMicros: 500_000, cacheWriteMicros: 500_000 }] }
    const call = { inputTokens: 300_000, maxOutputTokens: 1 }
    let held = 0
    let admitted = 0
    for (let calls = 0; calls < 5; calls += 1) {
      if (held + upperBoundOf(stepped, call) > 450_000) continue
      held += upperBoundOf(stepped, call)
      admitted += 1
    }
    expect(admitted).toBe(3)
    expect(admitted * costOf(stepped, { inputTokens: 300_000, outputTokens: 1 })).toBeLessThanOrEqual(450_000)
  })
})
