import { backoffMs } from '../kernel/retry.ts'
import type { RetryPolicy, Route } from '../routes/schema.ts'
import type { DeliveryAttempt, DeliveryStatus, Outcome } from './schema.ts'
import type { Settlement } from './settlements.ts'

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
export function judge({ result, reason, retryAfterMs }: Pick<Outcome, 'result' | 'reason' | 'retryAfterMs'>, tried: Tried): Verdict {
  if (result === 'delivered') return { status: 'delivered', nextInMs: null, reason: null }
  if (result === 'interrupted') return { status: 'retrying', nextInMs: 0, reason }
  if (result === 'parked') return { status: 'parked', nextInMs: null, reason }
  const { tries, triedSince, retry, now } = tried
  const givenUp = (why: string): Verdict => ({ status: 'parked', nextInMs: null, reason: `${reason?.replace(/\.$/, '')}; given up ${why}` })
  if (tries >= retry.maxAttempts) return givenUp(`after ${tries} ${tries === 1 ? 'try' : 'tries'}`)
  const random = () => tried.random()
  const waitMs = Math.max(backoffMs(tries, { baseMs: retry.baseSec * 1_000, capMs: retry.capSec * 1_000, random }), retryAfterMs ?? 0)
  const oldMs = Date.parse(now) + waitMs - Date.parse(triedSince ?? now)
  if (oldMs > retry.maxAgeSec * 1_000) return givenUp('since the next try would be too late')
  return { status: 'retrying', nextInMs: waitMs, reason }
}

interface Judging {
  readonly routes: ReadonlyMap<string, Pick<Route, 'retry'>>
  readonly now: string
  random(): number
}

/** What follows from the outcomes of deliveries, each by what its route says. Pure. */
export function settlementsOf(outcomes: readonly Outcome[], { routes, now, random }: Judging): Settlement[] {
  // What goes together is tried again together.
  const ofDigests = new Map<string, Verdict>()
  return outcomes.flatMap((outcome) => {
    const route = routes.get(outcome.routeId)
    if (!route) return []
    const { deliveryId, fence, digestId, tries, triedSince, responseStatus, reference } = outcome
    const digest = outcome.result === 'retry' ? digestId : null
    const verdict = (digest !== null && ofDigests.get(digest)) || judge(outcome, { tries, triedSince, retry: route.retry, now, random })
    if (digest !== null) ofDigests.set(digest, verdict)
    const { status, reason, nextInMs } = verdict
    const tookBack = outcome.result === 'interrupted'
    const endedAt = status === 'retrying' ? null : now
    return [{ deliveryId, fence, status, reason, reference, responseStatus, lastTry: tryOf(outcome, now), endedAt, nextInMs, tookBack }]
  })
}

function tryOf({ attempt: number, result, responseStatus, reason, response, startedAt }: Outcome, endedAt: string): DeliveryAttempt {
  return { number, result, responseStatus, reason, response, startedAt, endedAt }
}
