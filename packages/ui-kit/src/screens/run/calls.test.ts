import { expect, it } from 'vitest'

import { placesOn } from './calls.ts'

it('stands where it happened between begin and end, and never outside', () => {
  const at = (ms: number) => new Date(ms).toISOString()
  const places = placesOn(
    [
      { id: 'a', at: at(1_000) },
      { id: 'b', at: at(1_500) },
      { id: 'c', at: at(9_000) },
    ],
    { from: 1_000, to: 2_000 },
  )
  expect([...places]).toEqual([
    ['a', 0],
    ['b', 50],
    ['c', 100],
  ])
})
