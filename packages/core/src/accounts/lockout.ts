import type { AttemptKind, LoginAttemptTable } from './table.ts'

interface Limit {
  /** How many tries are looked at without a wait. */
  readonly free: number
  /** The first wait; it doubles with each try, milliseconds. */
  readonly firstMs: number
  readonly longestMs: number
}

/**
 * One address and one account: strict, since nobody else suffers. One address, whatever it tries. One account from wherever: only so much
 * that guessing by many machines is hopeless, and never for long, since a stranger can bring it about.
 */
const limits: Readonly<Record<AttemptKind, Limit>> = {
  pair: { free: 5, firstMs: 5_000, longestMs: 15 * 60_000 },
  address: { free: 20, firstMs: 5_000, longestMs: 15 * 60_000 },
  account: { free: 50, firstMs: 1_000, longestMs: 60_000 },
}

/** What was tried so long ago counts no more, milliseconds. */
export const forgottenMs = 24 * 3_600_000
/** How long an address is one that its person comes from, milliseconds. */
export const familiarMs = 30 * 86_400_000

export type Counter = Pick<LoginAttemptTable, 'kind' | 'count' | 'last_at' | 'blocked_until' | 'succeeded_at'>

/** How long to wait until the next try is looked at, milliseconds; 0 for now. */
export function waitOf(counters: readonly Counter[], now: number): number {
  const isFamiliar = counters.some(({ succeeded_at: at }) => at !== null && Date.parse(at) > now - familiarMs)
  // What strangers try elsewhere does not keep somebody out who comes from where they always come from.
  const counted = counters.filter(({ kind }) => kind !== 'account' || !isFamiliar)
  return Math.max(0, ...counted.map(({ blocked_until: until }) => (until === null ? 0 : Date.parse(until) - now)))
}

/** A counter after one more try, which is taken for wrong until it turns out to be right. */
export function countTry(counter: Counter, now: number): { count: number; blockedUntil: number | null } {
  const { free, firstMs, longestMs } = limits[counter.kind]
  const count = Date.parse(counter.last_at) < now - forgottenMs ? 1 : counter.count + 1
  const waitMs = Math.min(firstMs * 2 ** Math.min(count - free, 30), longestMs)
  return { count, blockedUntil: count < free ? null : now + waitMs }
}
