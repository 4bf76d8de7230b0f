import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { isKept, keptOf, logLimits, piecesOf } from './log-limits.ts'

/** A log as the database has it: the chunks that are left, after any number of calls. */
function grow(most: number, calls: readonly (readonly number[])[]): { sizes: number[]; ends: number[]; totalBytes: number }[] {
  const limits = logLimits(most)
  let rows: { size: number; end: number }[] = []
  let totalBytes = 0
  return calls.map((sizes) => {
    const before = totalBytes
    const added = sizes.map((size) => ({ size: Math.min(size, limits.chunk), end: (totalBytes += Math.min(size, limits.chunk)) }))
    const kept = keptOf({ before, totalBytes }, limits)
    rows = [...rows, ...added].filter((row) => isKept(row.end, kept) || row.end === totalBytes)
    return { sizes: rows.map(({ size }) => size), ends: rows.map(({ end }) => end), totalBytes }
  })
}

const callsOf = fc.array(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 10 }), { minLength: 1, maxLength: 60 })

describe('what is kept of a log', () => {
  it('is all of it up to the limit, then never more than the limit, and always its beginning and its end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 160, max: 4_000 }), callsOf, (most, calls) => {
        for (const { sizes, ends, totalBytes } of grow(most, calls)) {
          const kept = sizes.reduce((sum, size) => sum + size, 0)
          if (totalBytes <= most) expect(kept).toBe(totalBytes)
          expect(kept).toBeLessThanOrEqual(most)
          expect(ends.at(-1)).toBe(totalBytes)
          expect(sizes[0]).toBe(ends[0])
          if (totalBytes > most) expect(kept).toBeGreaterThan(most / 2)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('is ten megabytes by default, in chunks of 64 KiB', () => {
    expect(logLimits(10 * 1024 * 1024)).toEqual({ most: 10_485_760, chunk: 65_536 })
  })
})

describe('the pieces of a text', () => {
  it('are the text again, each of whole characters and no longer than allowed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.integer({ min: 4, max: 40 }), (text, most) => {
        const pieces = piecesOf(text, most)
        expect(pieces.join('')).toBe(text)
        for (const piece of pieces) {
          expect(Buffer.byteLength(piece)).toBeLessThanOrEqual(most)
          expect(piece.isWellFormed()).toBe(true)
        }
      }),
    )
  })
})
