import fc from 'fast-check'
import { expect, test } from 'vitest'

import { boundOfInput } from './call-meter.ts'

test('the bound of the first call is its bytes, and room for what a provider adds', () => {
  expect(boundOfInput(4_000, null)).toBe(5_024)
})

test('what the provider has counted is bounded by its count, and only the rest by its bytes', () => {
  expect(boundOfInput(100_500, { bytes: 100_000, tokens: 25_000 })).toBe(25_000 + 500 + 1_024)
})

test('a server that counts nothing is not taken at its word', () => {
  expect(boundOfInput(4_000, { bytes: 3_000, tokens: 0 })).toBe(5_024)
})

test('no conversation whose tokens have a byte or more comes above its bound', () => {
  const turn = fc.record({ bytes: fc.nat(100_000), bytesOfToken: fc.integer({ min: 1, max: 8 }) })
  fc.assert(
    fc.property(fc.array(turn, { minLength: 1, maxLength: 20 }), fc.nat(1_024), (turns, added) => {
      let bytes = 0
      let tokens = added
      let before: { bytes: number; tokens: number } | null = null
      for (const each of turns) {
        bytes += each.bytes
        tokens += Math.ceil(each.bytes / each.bytesOfToken)
        expect(boundOfInput(bytes, before)).toBeGreaterThanOrEqual(tokens)
        before = { bytes, tokens }
      }
    }),
  )
})
