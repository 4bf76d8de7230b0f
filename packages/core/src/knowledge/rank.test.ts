import { describe, expect, it } from 'vitest'

import { rarest } from './candidates.ts'
import { byRank, fuse, scoreOf, worthOf } from './rank.ts'

const worth = worthOf(
  [
    { word: 'the', entries: 100 },
    { word: 'invoice', entries: 3 },
    { word: 'refund', entries: 1 },
  ],
  100,
)
const score = (titleWords: string, bodyWords = '') => scoreOf(worth, { titleWords, bodyWords })

describe('an entry fits', () => {
  it('better by a rare word than by a common one, and not at all without any', () => {
    expect(score('', 'a refund')).toBeGreaterThan(score('', 'an invoice'))
    expect(score('', 'an invoice')).toBeGreaterThan(score('', 'the the the the'))
    expect(score('', 'the end')).toBeGreaterThan(0)
    expect(score('holidays', 'in summer')).toBe(0)
  })

  it('better by a title than by a body, and better by more of what is sought', () => {
    expect(score('invoice', 'x')).toBeGreaterThan(score('x', 'invoice'))
    expect(score('', 'invoice refund')).toBeGreaterThan(score('', 'invoice invoice'))
  })

  it('better the shorter it is, and by each repeat of a word less', () => {
    const long = Array.from({ length: 1_000 }, () => 'x').join(' ')
    expect(score('', 'refund')).toBeGreaterThan(score('', `refund ${long}`))
    const gains = [1, 2, 3].map((count) => score('', 'refund '.repeat(count).trim()))
    expect((gains[1] ?? 0) - (gains[0] ?? 0)).toBeGreaterThan((gains[2] ?? 0) - (gains[1] ?? 0))
  })

  it('never worse for a word that more entries have than were counted', () => {
    expect([...worthOf([{ word: 'a', entries: 1_000 }], 10).values()].every((value) => value > 0)).toBe(true)
  })
})

it('of equals those of a project come first, then the newest', () => {
  const entries = [
    { id: '1', projectId: null, score: 1 },
    { id: '2', projectId: 'p', score: 1 },
    { id: '3', projectId: null, score: 1 },
    { id: '4', projectId: null, score: 2 },
    { id: '5', projectId: 'p', score: 1 },
  ]
  expect(entries.toSorted(byRank).map(({ id }) => id)).toEqual(['4', '5', '2', '3', '1'])
})

it('what two orders agree about is before what only one of them knows', () => {
  const scores = fuse([
    ['a', 'b', 'c'],
    ['d', 'b'],
  ])
  expect([...scores].toSorted((left, right) => right[1] - left[1]).map(([id]) => id)).toEqual(['b', 'a', 'd', 'c'])
})

it('candidates are looked for by the rarest words, and by one at least', () => {
  const words = (...entries: number[]) => entries.map((count, index) => ({ word: `w${index}`, entries: count }))
  expect(rarest(words(900, 10, 200, 100))).toEqual(['w1', 'w3'])
  expect(rarest(words(1_000, 800))).toEqual(['w1'])
})
