import type { Held, Outcome } from '../deliveries/schema.ts'
import type { Ready } from './sender.ts'

/** What a process took of one route: what waits to be sent, what is being sent, and what is not settled yet. */
export interface DeliveryQueue {
  /** Whether there may be more to take. */
  isDue: boolean
  /** How much of it is being sent. */
  sending: number
  /** How many more may be taken now, if so many are settled at the same time. */
  room(settled: number): number
  took(ready: readonly Ready[], taken: { readonly count: number; readonly limit: number }): void
  settled(count: number): void
  /** The next to send; null when there is none. What has waited for too long is handed to `giveBack`. */
  next(giveBack: (unsent: readonly Held[]) => void): Ready | null
  /** Hands everything that waits to `giveBack`, each with what is sent as one with it. */
  empty(giveBack: (unsent: readonly Held[]) => void): void
  /** How many are taken and not settled. */
  readonly held: number
}

/** How long what was taken may wait for its turn, milliseconds: what is sent says how things are when it was taken. */
const freshMs = 1_000
/** What was begun so soon after it was taken, milliseconds, was too little. */
const quickMs = 250

interface Limits {
  /** How many are taken of a route at first, and of one whose receiver lets them wait. */
  readonly least: number
  /** How many are taken and not settled at most. */
  readonly most: number
  /** After how long a claim may not be begun with any more, milliseconds. */
  readonly usableMs: number
  nowMs(): number
}

/** A route is taken from by how quickly its receiver is: one that is slow has no more than it is being sent, and leaves the rest to others. */
export function createDeliveryQueue({ least, most, usableMs, nowMs }: Limits): DeliveryQueue {
  const staleMs = Math.min(freshMs, usableMs)
  const waiting: { readonly ready: Ready; readonly atMs: number }[] = []
  let appetite = least
  let held = 0
  let wasFull = false

  const queue: DeliveryQueue = {
    isDue: true,
    sending: 0,
    room: (settled) => Math.max(0, appetite - held + settled),
    took(ready, { count, limit }) {
      const atMs = nowMs()
      held += count
      wasFull = count >= limit
      queue.isDue = wasFull
      waiting.push(...ready.map((each) => ({ ready: each, atMs })))
    },
    settled: (count) => void (held -= count),
    next(giveBack) {
      for (let head = waiting.shift(); head; head = waiting.shift()) {
        const waitedMs = nowMs() - head.atMs
        if (waitedMs <= staleMs) {
          if (waiting.length === 0 && wasFull && waitedMs <= quickMs) appetite = Math.min(most, appetite * 2)
          return head.ready
        }
        appetite = least
        giveBack(heldOf(head.ready))
      }
      return null
    },
    empty(giveBack) {
      for (const { ready } of waiting.splice(0)) giveBack(heldOf(ready))
    },
    get held() {
      return held
    },
  }
  return queue
}

function heldOf({ deliveries }: Ready): Held[] {
  return deliveries.map(({ deliveryId, fence }) => ({ deliveryId, fence }))
}

/** Whether what comes after it in its lane may be sent. */
export function isEnd({ result }: Outcome): boolean {
  return result === 'delivered' || result === 'parked'
}
