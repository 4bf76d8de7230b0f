import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'

/** How often it is said that a server is still away, milliseconds. */
const againMs = 5 * 60_000

type Pass = (signal: AbortSignal) => Promise<boolean>

export interface Outage {
  over(name: string, pass: Pass): Pass
}

/**
 * Passes that ask the same server, all of which fail while it is away: one line when it goes, one when it is back, and one every five
 * minutes between. What a pass fails by is told by these, so it never rejects.
 */
export function createOutage(clock: Clock, logger: Logger): Outage {
  const failing = new Set<string>()
  let sinceMs = 0
  let toldMs = 0

  function failed(name: string, error: unknown): void {
    const nowMs = clock.monotonicMs()
    const isNew = failing.size === 0
    failing.add(name)
    if (isNew) sinceMs = nowMs
    if (!isNew && nowMs - toldMs < againMs) return
    toldMs = nowMs
    const told = { pass: name, error: String(error) }
    if (isNew) logger.error('the server is away, or does not do what it is asked; it is asked until it does', told)
    else logger.error(`the server is away for ${seconds(nowMs - sinceMs)} s now`, told)
  }

  function worked(name: string): void {
    if (failing.delete(name) && failing.size === 0) logger.info(`the server is back after ${seconds(clock.monotonicMs() - sinceMs)} s`)
  }

  return {
    over: (name, pass) => async (signal) => {
      try {
        const hasMore = await pass(signal)
        worked(name)
        return hasMore
      } catch (error) {
        failed(name, error)
        return false
      }
    },
  }
}

function seconds(ms: number): number {
  return Math.round(ms / 1000)
}
