import fc from 'fast-check'
import { expect, test } from 'vitest'

import { cutText } from './text.ts'

test('text is cut into pieces that never split a character', () => {
  expect(cutText('ab🙂c', 3)).toEqual(['ab', '🙂c'])
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 2, max: 10 }), (text, size) => {
      const pieces = cutText(text, size)
      expect(pieces.join('')).toBe(text)
      expect(pieces.every((piece) => piece.length <= size && piece.isWellFormed())).toBe(true)
    }),
  )
})
