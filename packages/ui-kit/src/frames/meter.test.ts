import { expect, it } from 'vitest'

import { createMeter } from './meter.ts'

it('lets a burst through and no more, and after a pause what the pause was long enough for', () => {
  const meter = createMeter({ perSecond: 10, burst: 3 })
  expect([0, 0, 0, 0].map((at) => meter.takes(at))).toEqual([true, true, true, false])
  expect([200, 200, 200].map((at) => meter.takes(at))).toEqual([true, true, false])
})

it('never has more than a burst, however long the pause was', () => {
  const meter = createMeter({ perSecond: 10, burst: 2 })
  meter.takes(0)
  expect([1_000_000, 1_000_000, 1_000_000].map((at) => meter.takes(at))).toEqual([true, true, false])
})

it('lets what comes at its pace through for ever', () => {
  const meter = createMeter({ perSecond: 10, burst: 1 })
  expect(Array.from({ length: 1_000 }, (_, index) => meter.takes(index * 100)).every(Boolean)).toBe(true)
})
