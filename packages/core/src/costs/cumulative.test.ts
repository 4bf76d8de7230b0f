import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { chargeOf, type Counters } from './cumulative.ts'

function counters(input: number, output: number, cost: number): Counters {
  return { input_tokens: input, output_tokens: output, cached_input_tokens: 0, cost_micros: cost }
}

describe('counters that go on', () => {
  it('are charged by what they grew', () => {
    expect(chargeOf(counters(150, 20, 900), counters(100, 15, 500))).toEqual(counters(50, 5, 400))
  })

  it('are charged wholly when nothing was charged, or when they began anew', () => {
    expect(chargeOf(counters(10, 2, 5), null)).toEqual(counters(10, 2, 5))
    expect(chargeOf(counters(10, 200, 500), counters(100, 15, 500))).toEqual(counters(10, 200, 500))
  })

  it('are charged with what they come to, however often they are looked at', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000), { minLength: 1 }), (steps) => {
        let total = 0
        let charged: Counters | null = null
        let sum = 0
        for (const step of steps) {
          total += step
          sum += chargeOf(counters(total, total, total), charged).cost_micros
          charged = counters(total, total, total)
        }
        expect(sum).toBe(total)
      }),
    )
  })
})
