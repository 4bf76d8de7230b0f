import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { countTokens } from '../kernel/tokens.ts'
import { cutBody, fitEntries, worthReading } from './fit.ts'

const entry = (id: string, body: string) => ({ id, title: id, tokens: countTokens(id) + countTokens(body), body })
type Entry = ReturnType<typeof entry>

/** As it is used: only what is worth reading is read. */
function fit(entries: readonly Entry[], budget: number) {
  const ids = new Set(worthReading(entries, budget))
  const bodies = new Map(entries.filter(({ id }) => ids.has(id)).map(({ id, body }) => [id, body]))
  return fitEntries(entries, { bodies, budget })
}

const paragraphs = (count: number) =>
  Array.from({ length: count }, (_, index) => `Paragraph ${index}: ${'word '.repeat(20).trim()}`).join('\n\n')

describe('a body is cut', () => {
  const text = '# One\n\nFirst.\n\nSecond.\n## Two\n\n```\ncode\n\n# no heading\n```\n\nLast.'

  it.each([
    ['# One\n\nFirst.\n\nSecond.', 8],
    ['# One\n\nFirst.', 5],
    [null, 2],
  ])('where a paragraph or a section ends, never behind a heading alone: %j', (piece, tokens) => expect(cutBody(text, tokens)).toBe(piece))

  it('never inside of code', () => {
    expect(cutBody(text, countTokens('# One\n\nFirst.\n\nSecond.\n## Two\n\n```\ncode\n\n# no'))).toBe('# One\n\nFirst.\n\nSecond.')
    expect(cutBody(text, countTokens(text) - 1)).toMatch(/# no heading\n```$/)
    expect(cutBody('```\na\n\nb\n````\n\nafter', 3)).toBe(null)
    expect(cutBody('~~~\n```\n\nx\n~~~\n\nafter', 4)).toBe('~~~\n```\n\nx\n~~~')
  })

  it('not at all when it is one paragraph', () => expect(cutBody('word '.repeat(100), 50)).toBe(null))
})

describe('a budget is filled', () => {
  it('best first, with what still fits behind what does not', () => {
    const [small, huge, other] = [entry('a', 'x'.repeat(40)), entry('b', 'y'.repeat(4_000)), entry('c', 'z'.repeat(40))]
    expect(fit([small, huge, other], 30)).toEqual({
      given: [
        { id: 'a', body: small.body, tokens: 11, isCut: false },
        { id: 'c', body: other.body, tokens: 11, isCut: false },
      ],
      omitted: [{ id: 'b', title: 'b', tokens: 1_001 }],
      moreOmitted: 0,
    })
  })

  it('with a piece of the first that is too large, marked as one', () => {
    const large = entry('a', paragraphs(40))
    const { given, omitted } = fit([large, entry('b', paragraphs(40))], 300)
    expect(given).toHaveLength(1)
    expect(given[0]).toMatchObject({ id: 'a', isCut: true })
    expect(given[0]?.body).toMatch(/^Paragraph 0: [^]*word\n\n\[… cut here: the whole entry is about \d+ tokens\]$/)
    expect(given[0]?.tokens).toBeGreaterThan(200)
    expect(omitted.map(({ id }) => id)).toEqual(['b'])
  })

  it('and what has no room is named, a hundred at most', () => {
    const entries = Array.from({ length: 130 }, (_, index) => entry(`e${index}`, 'x'.repeat(100)))
    const { given, omitted, moreOmitted } = fit(entries, 60)
    expect([given.length, omitted.length, moreOmitted]).toEqual([2, 100, 28])
    expect(omitted[0]?.id).toBe('e2')
  })

  it('never beyond it, and every entry is given or counted', () => {
    const bodies = fc.array(fc.oneof(fc.integer({ min: 0, max: 60 }).map(paragraphs), fc.string({ maxLength: 400 })), { maxLength: 12 })
    fc.assert(
      fc.property(bodies, fc.integer({ min: 1, max: 900 }), (texts, budget) => {
        const entries = texts.map((text, index) => entry(`e${index}`, text))
        const { given, omitted, moreOmitted } = fit(entries, budget)
        expect(given.reduce((sum, { tokens }) => sum + tokens, 0)).toBeLessThanOrEqual(budget)
        for (const { id, body, tokens } of given) expect(tokens).toBe(countTokens(id) + countTokens(body))
        expect(given.length + omitted.length + moreOmitted).toBe(entries.length)
      }),
    )
  })
})
