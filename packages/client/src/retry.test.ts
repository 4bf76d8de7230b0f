import { describe, expect, it } from 'vitest'

import { defaultRetry, retryOf, sleep, waitMs } from './retry.ts'

const failure = { attempt: 1, retryAfterMs: null, random: 1 }

describe('the wait before the next try', () => {
  it('may be up to twice as long each time, and no longer than its cap', () => {
    const waits = [1, 2, 3, 9].map((attempt) => waitMs({ ...defaultRetry, tries: 10 }, { ...failure, attempt }))
    expect(waits).toEqual([200, 400, 800, 5_000])
    expect(waitMs(defaultRetry, { ...failure, random: 0 })).toBe(0)
  })

  it('comes on top of what the server asked for', () => {
    expect(waitMs(defaultRetry, { ...failure, retryAfterMs: 2_000, random: 0.5 })).toBe(2_100)
  })

  it('is none after the last try, nor for a server that wants to be left alone for long', () => {
    expect(waitMs(defaultRetry, { ...failure, attempt: 4 })).toBeNull()
    expect(waitMs(defaultRetry, { ...failure, retryAfterMs: 3_600_000 })).toBeNull()
  })

  it('goes by the defaults where nothing else is said, and never without an end', () => {
    expect(retryOf()).toEqual(defaultRetry)
    expect(retryOf({ tries: undefined, baseMs: 1 })).toEqual({ ...defaultRetry, baseMs: 1 })
  })

  it('ends with the signal, for its reason', async () => {
    const stop = new AbortController()
    const waiting = sleep(60_000, stop.signal)
    stop.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await expect(sleep(60_000, stop.signal)).rejects.toThrow('enough')
  })
})
