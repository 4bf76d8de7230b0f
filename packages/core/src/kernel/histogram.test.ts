import { expect, it } from 'vitest'

import { createHistogram } from './histogram.ts'

it('counts each duration under every bound that it is not above, and under infinity', () => {
  const histogram = createHistogram([0.1, 1])
  for (const seconds of [0.05, 0.1, 0.5, 1.5, 9]) histogram.observe(seconds)
  const { buckets, sum, count } = histogram.read()
  expect(buckets).toEqual([
    { upTo: 0.1, count: 2 },
    { upTo: 1, count: 3 },
    { upTo: Number.POSITIVE_INFINITY, count: 5 },
  ])
  expect([count, sum]).toEqual([5, expect.closeTo(11.15)])
})

it('is empty before anything took time', () => {
  expect(createHistogram().read()).toMatchObject({ sum: 0, count: 0 })
})
