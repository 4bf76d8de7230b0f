/**
 * Time as a port, so that tests can hold it still.
 *
 * `now` orders history for people; `monotonicMs` measures durations and decides when a worker must let go of a lease.
 * No safety property compares wall clocks of two machines (PROMISES P25).
 */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. */
  now(): number
  /** A clock that never goes back, milliseconds since an arbitrary start. */
  monotonicMs(): number
  /** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const finish = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', finish)
        resolve()
      }
      const timer = setTimeout(finish, ms)
      signal?.addEventListener('abort', finish, { once: true })
    }),
}

/** A monotonic clock that all threads of a process share, milliseconds. */
export function processMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** What was asked last: many calls ask within one millisecond. */
let latest = { epochMs: 0, text: new Date(0).toISOString() }

/** ISO-8601 UTC with milliseconds: the one form of a time in rows and on the wire. */
export function isoTime(epochMs: number): string {
  if (epochMs !== latest.epochMs) latest = { epochMs, text: new Date(epochMs).toISOString() }
  return latest.text
}
