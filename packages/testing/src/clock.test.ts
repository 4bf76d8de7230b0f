import { expect, it } from 'vitest'

import { createFakeClock } from './clock.ts'

it('ends sleeps in the order in which they are due, each at its own time', async () => {
  const clock = createFakeClock(1_000)
  const seen: [string, number, number][] = []
  const sleeper = async (name: string, ms: number) => {
    await clock.sleep(ms)
    seen.push([name, clock.monotonicMs(), clock.now()])
  }
  void sleeper('late', 30)
  void sleeper('early', 10)
  void sleeper('also early', 10)
  void sleeper('not yet', 31)
  await clock.advance(30)
  expect(seen).toEqual([
    ['early', 10, 1_010],
    ['also early', 10, 1_010],
    ['late', 30, 1_030],
  ])
  expect(clock.sleeping).toBe(1)
})

it('wakes a loop as often as it sleeps inside the span', async () => {
  const clock = createFakeClock()
  const passes: number[] = []
  const stopping = new AbortController()
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      passes.push(clock.monotonicMs())
      // Work that takes turns of the event loop before it sleeps again.
      for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
      await clock.sleep(20, stopping.signal)
    }
  })()
  await clock.advance(100)
  expect(passes).toEqual([0, 20, 40, 60, 80, 100])
  stopping.abort()
  await loop
})

it('jumps by the wall clock alone', async () => {
  const clock = createFakeClock(5_000)
  let isAwake = false
  void clock.sleep(100).then(() => (isAwake = true))
  await clock.advance(40)
  clock.set(1_000_000)
  expect([clock.now(), clock.monotonicMs()]).toEqual([1_000_000, 40])
  clock.set(0)
  await clock.advance(59)
  expect([clock.now(), clock.monotonicMs(), isAwake]).toEqual([59, 99, false])
  await clock.advance(1)
  expect(isAwake).toBe(true)
})

it('ends a sleep at once when it is aborted, before or meanwhile', async () => {
  const clock = createFakeClock()
  const stopping = new AbortController()
  const asleep = clock.sleep(1_000, stopping.signal)
  expect(clock.sleeping).toBe(1)
  stopping.abort()
  await asleep
  await clock.sleep(1_000, stopping.signal)
  expect([clock.sleeping, clock.monotonicMs()]).toEqual([0, 0])
})

it('needs no time for a sleep of none', async () => {
  const clock = createFakeClock()
  await Promise.all([clock.sleep(0), clock.sleep(-5)])
  expect(clock.monotonicMs()).toBe(0)
})

it('refuses to go back, and to be advanced twice at once', async () => {
  const clock = createFakeClock()
  await expect(clock.advance(-1)).rejects.toThrow(RangeError)
  await expect(clock.advance(Number.NaN)).rejects.toThrow(RangeError)
  const first = clock.advance(10)
  await expect(clock.advance(10)).rejects.toThrow('being advanced already')
  await first
  expect(clock.monotonicMs()).toBe(10)
})
