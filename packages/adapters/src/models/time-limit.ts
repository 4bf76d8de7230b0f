import { failed, stopped, type Failed } from '../failures.ts'

export interface TimeLimit {
  /** Aborted when the run is stopped and when its time is over. */
  readonly signal: AbortSignal
  /** How a run that was stopped ends; null when nothing stopped it. */
  outcome(): Failed | null
  release(): void
}

export function limitTime(stop: AbortSignal, timeoutSec: number): TimeLimit {
  const over = new AbortController()
  const timer = setTimeout(() => over.abort(), timeoutSec * 1_000)
  return {
    signal: AbortSignal.any([stop, over.signal]),
    outcome() {
      if (stop.aborted) return stopped(stop.reason)
      return over.signal.aborted ? failed('timeout', `The work did not end within ${timeoutSec} s and was stopped.`) : null
    },
    release: () => clearTimeout(timer),
  }
}
