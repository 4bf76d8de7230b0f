import { describe, expect, it } from 'vitest'

import type { Clock } from '../ports/clock.ts'
import { createDeadlines } from './deadlines.ts'

/** A clock whose time is moved by hand. */
function movedByHand() {
  let nowMs = 0
  const sleepers = new Set<{ untilMs: number; wake: () => void }>()
  const clock: Clock = {
    now: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const sleeper = { untilMs: nowMs + ms, wake: resolve }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper)
          resolve()
        })
      }),
  }
  async function pass(ms: number): Promise<void> {
    nowMs += ms
    for (const sleeper of sleepers) {
      if (sleeper.untilMs > nowMs) continue
      sleepers.delete(sleeper)
      sleeper.wake()
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { clock, pass, sleepers }
}

describe('the time that each of many things has', () => {
  it('ends for each by itself, and not for what ended before', async () => {
    const { clock, pass } = movedByHand()
    const deadlines = createDeadlines(clock, 100)
    const over: string[] = []
    deadlines.begin(() => over.push('first'))
    await pass(40)
    const end = deadlines.begin(() => over.push('ended before'))
    deadlines.begin(() => over.push('second'))
    end()
    await pass(59)
    expect(over).toEqual([])
    await pass(1)
    expect(over).toEqual(['first'])
    await pass(40)
    expect(over).toEqual(['first', 'second'])
  })

  it('needs one timer for all, and none when nothing is under way', async () => {
    const { clock, pass, sleepers } = movedByHand()
    const deadlines = createDeadlines(clock, 100)
    const ends = Array.from({ length: 50 }, () => deadlines.begin(() => undefined))
    expect(sleepers.size).toBe(1)
    for (const end of ends) end()
    expect(sleepers.size).toBe(0)
    const over: string[] = []
    deadlines.begin(() => over.push('later'))
    await pass(100)
    expect(over).toEqual(['later'])
  })
})
