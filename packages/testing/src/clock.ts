import { setImmediate as nextTurn } from 'node:timers/promises'

import type { Clock } from '@engine/core/plugin'

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /**
   * Moves both clocks by `ms` (milliseconds, not negative) and runs the sleeps that become due on the way, each at its
   * own time and in their order. After each one the event loop gets a few turns, so a loop that sleeps again inside the
   * span is woken again. Work that waits for a disk or a network may still be under way when this resolves.
   * @throws when another `advance` is under way
   */
  advance(ms: number): Promise<void>
  /** Makes the wall clock jump, forward or back, to `wallMs` (milliseconds since the epoch). Nobody is woken by it. */
  set(wallMs: number): void
  /** How many sleeps have not ended. */
  readonly sleeping: number
}

interface Sleeper {
  readonly dueMs: number
  wake(): void
}

/** Enough for a pass of a loop whose storage gathers the writes of a turn or two before it answers. */
const turnsToSettle = 10

/** A clock for tests: the monotonic clock starts at 0, the wall clock at `startMs`; sleeps follow the monotonic one. */
export function createFakeClock(startMs: number = Date.UTC(2026, 0, 1)): FakeClock {
  const sleepers = new Set<Sleeper>()
  let monotonicMs = 0
  let wallAheadMs = startMs
  let isAdvancing = false

  function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const wake = () => {
        sleepers.delete(sleeper)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      const sleeper = { dueMs: monotonicMs + Math.max(0, ms), wake }
      sleepers.add(sleeper)
      signal?.addEventListener('abort', wake, { once: true })
      // No time has to pass for it, so nobody has to advance the clock.
      if (ms <= 0) void nextTurn().then(wake)
    })
  }

  async function advanceTo(endMs: number): Promise<void> {
    await settle()
    for (let next = firstDue(sleepers, endMs); next; next = firstDue(sleepers, endMs)) {
      monotonicMs = next.dueMs
      next.wake()
      await settle()
    }
    monotonicMs = endMs
  }

  return {
    now: () => wallAheadMs + monotonicMs,
    monotonicMs: () => monotonicMs,
    sleep,
    async advance(ms) {
      if (!(ms >= 0)) throw new RangeError(`time does not go back: advance(${ms}); set() moves the wall clock alone`)
      if (isAdvancing) throw new Error('the clock is being advanced already; await that first')
      isAdvancing = true
      try {
        await advanceTo(monotonicMs + ms)
      } finally {
        isAdvancing = false
      }
    },
    set(wallMs) {
      wallAheadMs = wallMs - monotonicMs
    },
    get sleeping() {
      return sleepers.size
    },
  }
}

/** The sleep that ends first, of those that end by `untilMs`; of equal ones the older. */
function firstDue(sleepers: ReadonlySet<Sleeper>, untilMs: number): Sleeper | null {
  let first: Sleeper | null = null
  for (const sleeper of sleepers) {
    if (sleeper.dueMs <= untilMs && (first === null || sleeper.dueMs < first.dueMs)) first = sleeper
  }
  return first
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < turnsToSettle; turn += 1) await nextTurn()
}
