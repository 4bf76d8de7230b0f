import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { countTokens, mostCharacters } from './tokens.ts'

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: fc.constantFrom('a', ' ', 'ü', '漢', 'か', '한', '😀', '\n') }),
)

describe('tokens', () => {
  it.each([
    ['', 0],
    ['a', 1],
    ['four', 1],
    ['fiver', 2],
    ['Grüße', 2],
    ['漢字', 2],
    ['ひらがなとカタカナ', 9],
    ['한국어', 3],
    ['😀😀', 2],
    ['a'.repeat(400), 100],
  ])('of %j are %d', (given, tokens) => expect(countTokens(given)).toBe(tokens))

  it('are never less than a quarter of the bytes, and never more than the characters', () => {
    fc.assert(
      fc.property(text, (given) => {
        const tokens = countTokens(given)
        expect(tokens).toBeGreaterThanOrEqual(Buffer.byteLength(given) / 4)
        expect(tokens).toBeLessThanOrEqual(Array.from(given).length)
        expect(given.length).toBeLessThanOrEqual(mostCharacters(tokens))
      }),
    )
  })

  it('only grow with a text, and by no more than what is added', () => {
    fc.assert(
      fc.property(text, text, (first, second) => {
        const together = countTokens(first + second)
        expect(together).toBeGreaterThanOrEqual(Math.max(countTokens(first), countTokens(second)))
        expect(together).toBeLessThanOrEqual(countTokens(first) + countTokens(second))
      }),
    )
  })
})
