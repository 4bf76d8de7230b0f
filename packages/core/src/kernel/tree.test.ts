import { describe, expect, it } from 'vitest'

import { nest } from './tree.ts'

const rows = (text: string) => text.split(' ').map((edge) => ({ id: edge.split('<')[0] ?? '', above: edge.split('<')[1] ?? null }))

const nested = (text: string) =>
  nest(rows(text), { id: (row) => row.id, parentId: (row) => row.above, node: ({ id }) => ({ id }), field: 'below' })

describe('a tree', () => {
  it('has each row below its parent, whichever of them comes first', () => {
    expect(nested('c<b a b<a d<a')).toEqual([
      {
        id: 'a',
        below: [
          { id: 'b', below: [{ id: 'c', below: [] }] },
          { id: 'd', below: [] },
        ],
      },
    ])
  })

  it('has at its top what has no parent, or one that is not among the rows', () => {
    expect(nested('a b<gone')).toEqual([
      { id: 'a', below: [] },
      { id: 'b', below: [] },
    ])
  })

  it('is made of chains longer than a stack', () => {
    const chain = Array.from({ length: 50_000 }, (_, index) => ({ id: String(index), above: index === 0 ? null : String(index - 1) }))
    const [top] = nest(chain, { id: (row) => row.id, parentId: (row) => row.above, node: ({ id }) => ({ id }), field: 'below' })
    let length = 0
    for (let node = top; node; node = node.below[0]) length += 1
    expect(length).toBe(50_000)
  })
})
