import type { Clock } from '../ports/clock.ts'

/** The end of the time that something has. */
interface Deadline {
  readonly atMs: number
  onOver(): void
}

/** The time that each of many things has, which is the same for all: one timer for whichever ends next. */
export interface Deadlines {
  /** `onOver` is called when the time is over. @returns what ends it before */
  begin(onOver: () => void): () => void
}

export function createDeadlines(clock: Clock, afterMs: number): Deadlines {
  // In the order in which they end, since each has the same time.
  const open = new Set<Deadline>()
  let sleeping: AbortController | null = null

  async function watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const nowMs = clock.monotonicMs()
      for (const deadline of open) {
        if (deadline.atMs > nowMs) break
        open.delete(deadline)
        deadline.onOver()
      }
      const [next] = open
      if (!next) return rest()
      await clock.sleep(next.atMs - nowMs, signal)
    }
  }

  function rest(): void {
    sleeping?.abort('nothing is under way')
    sleeping = null
  }

  return {
    begin(onOver) {
      const deadline = { atMs: clock.monotonicMs() + afterMs, onOver }
      open.add(deadline)
      if (!sleeping) {
        sleeping = new AbortController()
        void watch(sleeping.signal)
      }
      return () => {
        if (open.delete(deadline) && open.size === 0) rest()
      }
    },
  }
}
