import { describe, expect, it } from 'vitest'

import type { Clock } from '../ports/clock.ts'
import { EMBEDDER_SPEC, type Embedder } from '../ports/embedder.ts'
import { silentLogger } from '../ports/logger.ts'
import { guardEmbedder } from './embedding.ts'

/** A clock that goes only when it is told to. */
function heldClock() {
  let time = 0
  const sleepers: { at: number; wake: () => void }[] = []
  const clock: Clock = {
    now: () => time,
    monotonicMs: () => time,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        sleepers.push({ at: time + ms, wake: () => resolve() })
        signal?.addEventListener('abort', () => resolve(), { once: true })
      }),
  }
  const pass = (ms: number) => {
    time += ms
    for (const { at, wake } of sleepers) if (at <= time) wake()
  }
  return { clock, pass }
}

function open(embed: Embedder['embed']) {
  const { clock, pass } = heldClock()
  const embedder = { spec: EMBEDDER_SPEC, id: 'e', dimensions: 2, embed } as const
  const guarded = guardEmbedder(embedder, {
    clock,
    logger: silentLogger,
    settings: { retryBaseMs: 100, retryCapMs: 300_000 },
    random: () => 0,
  })
  if (!guarded) throw new Error('there is no embedder')
  return { guarded, pass }
}

describe('an embedder', () => {
  it('gives vectors of length one, and what has no direction stays nothing', async () => {
    const { guarded } = open(async () => [
      [3, 4],
      [0, 0],
    ])
    const [vector, nothing] = await guarded.embed(['a', 'b'], { timeoutMs: 10 })
    expect([...(vector ?? [])].map((value) => Math.round(value * 10))).toEqual([6, 8])
    expect([...(nothing ?? [])]).toEqual([0, 0])
  })

  it('that does not answer in time is given up, and told so', async () => {
    let heard: AbortSignal | undefined
    const { guarded, pass } = open((_, { signal }) => {
      heard = signal
      return new Promise(() => undefined)
    })
    const answer = guarded.embed(['a'], { timeoutMs: 50 })
    pass(50)
    await expect(answer).rejects.toThrow('no answer in 50 ms')
    expect(heard?.aborted).toBe(true)
    expect(guarded.isResting()).toBe(true)
  })

  it('rests after a failure, each time longer, and not any more once it answered', async () => {
    let calls = 0
    let fails = true
    const { guarded, pass } = open(async () => {
      calls += 1
      if (fails) throw new Error('down')
      return [[1, 0]]
    })
    const ask = () =>
      guarded.embed(['a'], { timeoutMs: 10 }).then(
        () => 'answered',
        () => 'failed',
      )
    expect([await ask(), await ask(), calls]).toEqual(['failed', 'failed', 1])
    pass(50)
    expect([guarded.isResting(), await ask(), calls]).toEqual([false, 'failed', 2])
    pass(50)
    expect(guarded.isResting()).toBe(true)
    pass(50)
    fails = false
    expect([await ask(), await ask(), calls]).toEqual(['answered', 'answered', 4])
  })

  it('is down for a minute at most between two questions', async () => {
    const { guarded, pass } = open(() => Promise.reject(new Error('down')))
    for (let time = 0; time < 20; time += 1) {
      await guarded.embed(['a'], { timeoutMs: 10 }).catch(() => undefined)
      pass(60_000)
      expect(guarded.isResting()).toBe(false)
    }
  })

  it('whose caller stops did not fail', async () => {
    const { guarded } = open(() => new Promise(() => undefined))
    const stop = new AbortController()
    const answer = guarded.embed(['a'], { timeoutMs: 10, signal: stop.signal })
    stop.abort(new Error('stopping'))
    await expect(answer).rejects.toThrow('stopping')
    expect(guarded.isResting()).toBe(false)
  })
})
