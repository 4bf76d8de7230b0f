import { describe, expect, it } from 'vitest'

import { excerptOf, searchableBody, soughtWords, wordsOf } from './words.ts'

describe('the words of a text', () => {
  it.each([
    ['ACM-42', ['acm', '42']],
    ['Über den "Äther"', ['über', 'den', 'äther']],
    ['U\u0308ber', ['über']],
    ["don't (stop) AND* NOT:", ['don', 't', 'stop', 'and', 'not']],
    ['v1.2_beta/path', ['v1', '2', 'beta', 'path']],
    ['  \n\t!?', []],
    ['東京 Привет', ['東京', 'привет']],
  ])('of %j are %j', (text, words) => expect(wordsOf(text)).toEqual(words))

  it('are cut where they are endless', () => {
    expect(wordsOf('x'.repeat(5_000))).toEqual(['x'.repeat(64)])
    expect(wordsOf('😀𝒳'.repeat(200)).every((word) => word.isWellFormed())).toBe(true)
  })

  it('are sought once each, the last one staying last', () => {
    expect(soughtWords('plan the plan')).toEqual(['the', 'plan'])
    expect(soughtWords(Array.from({ length: 40 }, (_, index) => `w${index}`).join(' '))).toHaveLength(16)
  })
})

describe('an excerpt', () => {
  it('begins near the first word that was sought', () => {
    const text = `${'before '.repeat(60)}needle ${'after '.repeat(60)}`
    expect(excerptOf(text, ['haystack', 'needle'])).toMatch(/^… .*needle.* …$/)
    expect(excerptOf('short and plain', ['absent'])).toBe('short and plain')
  })

  it('never ends in half a character', () => {
    expect(searchableBody('😀'.repeat(15_000)).isWellFormed()).toBe(true)
    expect(searchableBody(`x${'😀'.repeat(15_000)}`).isWellFormed()).toBe(true)
    expect(excerptOf(`x${'😀'.repeat(500)}`, []).isWellFormed()).toBe(true)
  })
})
