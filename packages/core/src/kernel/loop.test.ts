import { expect, it } from 'vitest'

import { silentLogger } from '../ports/logger.ts'
import { systemClock } from '../ports/clock.ts'
import { createLoop } from './loop.ts'

const tick = () => new Promise((resolve) => setTimeout(resolve, 5))
const quiet = { name: 'test', clock: systemClock, vitals: null, logger: silentLogger, pollMs: 3_600_000 }

it('passes again at once while there is more to do, and never waits for the poll', async () => {
  let left = 50
  const loop = createLoop({ ...quiet, pass: async () => (left -= 1) > 0 })
  loop.start()
  await tick()
  await loop.stop()
  expect(left).toBe(0)
})

it('never overlaps its passes, and does not forget a wake-up that came during one', async () => {
  let live = 0
  let most = 0
  let passes = 0
  const loop = createLoop({
    ...quiet,
    pass: async () => {
      live += 1
      most = Math.max(most, live)
      passes += 1
      if (passes === 1) loop.wake()
      await tick()
      live -= 1
      return false
    },
  })
  loop.start()
  for (let count = 0; count < 5; count += 1) loop.wake()
  await tick()
  await tick()
  await tick()
  await tick()
  await loop.stop()
  expect(most).toBe(1)
  expect(passes).toBe(2)
})

it('survives a failing pass and reports it', async () => {
  const errors: string[] = []
  let passes = 0
  const logger = { ...silentLogger, error: (message: string) => errors.push(message) }
  const loop = createLoop({
    ...quiet,
    pollMs: 1,
    logger,
    pass: async () => {
      passes += 1
      if (passes === 1) throw new Error('once')
      return false
    },
  })
  loop.start()
  await tick()
  await tick()
  await loop.stop()
  expect(errors).toHaveLength(1)
  expect(passes).toBeGreaterThan(1)
})

it('has no pass under way once it is stopped', async () => {
  let isLive = false
  const loop = createLoop({
    ...quiet,
    pass: async () => {
      isLive = true
      await tick()
      isLive = false
      return true
    },
  })
  loop.start()
  await tick()
  await loop.stop()
  expect(isLive).toBe(false)
})
