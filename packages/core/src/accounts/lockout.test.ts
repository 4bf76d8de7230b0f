import { describe, expect, it } from 'vitest'

import { countTry, forgottenMs, waitOf, type Counter } from './lockout.ts'
import type { AttemptKind } from './table.ts'

const now = Date.UTC(2026, 0, 1)
const at = (ms: number) => new Date(now + ms).toISOString()

function counter(kind: AttemptKind, change: Partial<Counter> = {}): Counter {
  return { kind, count: 0, last_at: at(0), blocked_until: null, succeeded_at: null, ...change }
}

/** The waits that so many tries in a row bring about, each as soon as it may be. */
function waits(kind: AttemptKind, tries: number): number[] {
  let current = counter(kind)
  let time = now
  return Array.from({ length: tries }, () => {
    const { count, blockedUntil } = countTry(current, time)
    const waitMs = blockedUntil === null ? 0 : blockedUntil - time
    current = { ...current, count, last_at: new Date(time).toISOString() }
    time += waitMs
    return waitMs
  })
}

describe('tries in vain', () => {
  it('from one address for one account are looked at five times, then wait twice as long each time, a quarter of an hour at most', () => {
    expect(waits('pair', 14)).toEqual([0, 0, 0, 0, 5, 10, 20, 40, 80, 160, 320, 640, 900, 900].map((seconds) => seconds * 1_000))
  })

  it('from one address count whatever account they are for, and for one account from wherever for a minute at most', () => {
    expect(waits('address', 20).at(-1)).toBe(5_000)
    expect(waits('address', 19).at(-1)).toBe(0)
    expect(waits('account', 49).at(-1)).toBe(0)
    expect(Math.max(...waits('account', 200))).toBe(60_000)
  })

  it('of another day count no more', () => {
    const old = counter('pair', { count: 40, last_at: at(-forgottenMs - 1) })
    expect(countTry(old, now)).toEqual({ count: 1, blockedUntil: null })
  })

  it('wait for the longest of what they are counted by', () => {
    const blocked = (kind: AttemptKind, ms: number) => counter(kind, { blocked_until: at(ms) })
    expect(waitOf([blocked('pair', 1_000), blocked('address', 5_000), counter('account')], now)).toBe(5_000)
    expect(waitOf([blocked('pair', -1), counter('address'), counter('account')], now)).toBe(0)
  })

  it('of strangers do not keep somebody out who comes from a familiar address', () => {
    const account = counter('account', { blocked_until: at(60_000) })
    expect(waitOf([account, counter('pair')], now)).toBe(60_000)
    expect(waitOf([account, counter('pair', { succeeded_at: at(-86_400_000) })], now)).toBe(0)
    expect(waitOf([account, counter('pair', { succeeded_at: at(-31 * 86_400_000) })], now)).toBe(60_000)
    expect(waitOf([account, counter('pair', { succeeded_at: at(-1), blocked_until: at(9_000) })], now)).toBe(9_000)
  })
})
