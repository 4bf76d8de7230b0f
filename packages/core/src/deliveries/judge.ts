import { backoffMs } from '../kernel/retry.ts'
import type { RetryPolicy } from '../routes/schema.ts'
import type { DeliveryStatus, Outcome } from './schema.ts'

interface Tried {
  /** How often it was tried since it was written or replayed, this time included, and when first. */
  readonly tries: number
  readonly triedSince: string | null
  readonly retry: RetryPolicy
  readonly now: string
  random(): number
}

/** What becomes of a delivery; `nextInMs` is null when it is not tried any more. */
export interface Verdict {
  readonly status: Extract<DeliveryStatus, 'delivered' | 'retrying' | 'parked'>
  readonly nextInMs: number | null
  readonly reason: string | null
}

/**
 * Decides what a try means (PROMISES P13): it arrived, it is tried again, or it is given up. What an answer means, its destination says:
 * 451 is a refusal of a web server, and of a mail server a "later". Pure.
 */
export function judge({ result, reason, retryAfterMs }: Outcome, tried: Tried): Verdict {
  if (result === 'delivered') return { status: 'delivered', nextInMs: null, reason: null }
  if (result === 'interrupted') return { status: 'retrying', nextInMs: 0, reason }
  if (result === 'parked') return { status: 'parked', nextInMs: null, reason }
  const { tries, triedSince, retry, now } = tried
  if (tries >= retry.maxAttempts) return { status: 'parked', nextInMs: null, reason: `${reason}; given up after ${tries} tries` }
  const random = () => tried.random()
  const waitMs = Math.max(backoffMs(tries, { baseMs: retry.baseSec * 1_000, capMs: retry.capSec * 1_000, random }), retryAfterMs ?? 0)
  const oldMs = Date.parse(now) + waitMs - Date.parse(triedSince ?? now)
  if (oldMs > retry.maxAgeSec * 1_000)
    return { status: 'parked', nextInMs: null, reason: `${reason}; given up since the next try would be too late` }
  return { status: 'retrying', nextInMs: waitMs, reason }
}
