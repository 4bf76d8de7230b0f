import { describe, expect, it } from 'vitest'

import { managersFor, neighbour, seatsOf } from './tree.ts'

type Node = Parameters<typeof seatsOf>[0][number]
const node = (id: string, reports: Node[] = []): Node => ({
  id,
  name: id,
  role: 'engineer',
  title: null,
  icon: null,
  status: 'idle',
  executionMode: 'auto',
  reports,
})
const seats = seatsOf([node('a', [node('b', [node('c')]), node('d')]), node('e')])

describe('a chart of who reports to whom', () => {
  it('reads everyone before who reports to them', () => expect(seats.map(({ id }) => id).join('')).toBe('abcde'))

  it('offers no manager that would make a circle, and not the present one', () => {
    expect(managersFor(seats, 'b').map(({ id }) => id)).toEqual(['d', 'e'])
    expect(managersFor(seats, 'a').map(({ id }) => id)).toEqual(['e'])
  })

  it('is walked by arrows: along the list, up to the manager and down to the first report', () => {
    expect((['up', 'down', 'left', 'right'] as const).map((arrow) => neighbour(seats, 'b', arrow))).toEqual(['a', 'c', 'a', 'c'])
    expect(neighbour(seats, 'gone', 'down')).toBe('a')
    expect(neighbour(seats, 'e', 'down')).toBeNull()
  })
})
