import { describe, expect, it } from 'vitest'

import { cyclesIn } from './cycle.ts'

const edges = (text: string) => {
  const found = new Map<string, string[]>()
  for (const [from = '', to = ''] of text
    .split(' ')
    .filter(Boolean)
    .map((edge) => edge.split('>'))) {
    found.set(from, [...(found.get(from) ?? []), to])
  }
  return found
}

describe('a cycle', () => {
  it('is not where ways only meet', () => {
    expect(cyclesIn(edges('a>b a>c b>d c>d d>e'))).toEqual([])
  })

  it('is found with the nodes that are on it, not with those that lead to it', () => {
    expect(cyclesIn(edges('x>a a>b b>c c>a c>y'))).toEqual([['a', 'b', 'c']])
  })

  it('is found wherever it is, once', () => {
    expect(cyclesIn(edges('a>b b>a z>b m>m p>a'))).toEqual([['a', 'b'], ['m']])
  })

  it('is looked for in chains longer than a stack', () => {
    const length = 100_000
    const chain = new Map(Array.from({ length }, (_, index) => [String(index), [String(index + 1)]]))
    expect(cyclesIn(chain)).toEqual([])
    chain.set(String(length), ['0'])
    expect(cyclesIn(chain).map((cycle) => cycle.length)).toEqual([length + 1])
  })
})
