import { describe, expect, it } from 'vitest'

import { judge } from './judge.ts'

const retry = { maxAttempts: 3, baseSec: 10, capSec: 25, maxAgeSec: 100 }
const nothing = { result: 'retry', reason: 'busy', retryAfterMs: null } as const
const since = '2026-01-01T00:00:00.000Z'
const tried = { tries: 1, triedSince: since, retry, now: since, random: () => 0.5 }

describe('a try of a delivery', () => {
  it('that its destination parks is given up', () => {
    expect(judge({ ...nothing, result: 'parked' }, tried)).toMatchObject({ status: 'parked', nextInMs: null })
  })

  it.each([429, 451, 503, null])('that its destination would make again is made again, whatever %s means to others', (responseStatus) => {
    const outcome = { ...nothing, responseStatus }
    expect(judge(outcome, tried)).toEqual({ status: 'retrying', nextInMs: 5_000, reason: 'busy' })
  })

  it('waits longer each time, up to the longest wait, and as long as it is asked to', () => {
    expect(judge(nothing, { ...tried, tries: 2 }).nextInMs).toBe(10_000)
    expect(judge(nothing, { ...tried, tries: 2, random: () => 0.999 }).nextInMs).toBeLessThan(20_000)
    expect(judge({ ...nothing, retryAfterMs: 60_000 }, tried).nextInMs).toBe(60_000)
  })

  it('is the last one when there were enough, or the next would be too late', () => {
    expect(judge({ ...nothing, reason: 'They answered 503.' }, { ...tried, tries: 3 })).toMatchObject({
      status: 'parked',
      reason: 'They answered 503; given up after 3 tries',
    })
    expect(judge(nothing, { ...tried, tries: 1, retry: { ...tried.retry, maxAttempts: 1 } }).reason).toMatch(/given up after 1 try$/)
    expect(judge({ ...nothing, retryAfterMs: 100_001 }, tried).status).toBe('parked')
    expect(judge(nothing, { ...tried, now: '2026-01-01T00:01:36.000Z' }).status).toBe('parked')
  })

  it('that was interrupted is made again at once, however often', () => {
    expect(judge({ ...nothing, result: 'interrupted' }, { ...tried, tries: 9 })).toMatchObject({ status: 'retrying', nextInMs: 0 })
  })
})
