import { systemClock, type Clock } from '@engine/core/plugin'
import type { Engine } from '@engine/core'

import type { FakeClock } from './clock.ts'

/** How far a fake clock goes on at once, short beside what a retry waits; and how long a system clock waits between two looks. */
const stepMs = 50
const lookMs = 10

export interface IdleOptions {
  /** The one that the engine was opened with; the system's when left out. */
  readonly clock?: Clock | FakeClock | undefined
  /** How much time of that clock may pass, milliseconds; 30 seconds. */
  readonly withinMs?: number
}

/**
 * Starts an engine and lets it work until no run and no delivery is left that goes on by itself: what waits for an answer, a review or an
 * approval waits on. A fake clock is moved on as it goes.
 * @throws when it does not come to rest, with what is still open
 */
export async function runUntilIdle(engine: Engine, { clock = systemClock, withinMs = 30_000 }: IdleOptions = {}): Promise<void> {
  // Who starts it with a clock that stands still has to let time pass meanwhile.
  await passing(engine.start(), clock)
  const endsMs = clock.monotonicMs() + withinMs
  let open: readonly string[] = []
  // Twice in a row: what ended last may have begun something that is not to be seen yet.
  for (let quiet = 0; clock.monotonicMs() < endsMs;) {
    open = await openWork(engine)
    quiet = open.length === 0 ? quiet + 1 : 0
    if (quiet === 2) return
    await passing('advance' in clock ? clock.advance(stepMs) : clock.sleep(lookMs), clock)
  }
  throw new Error(`it did not come to rest within ${withinMs} ms; still open: ${open.join(', ')}`)
}

async function passing(work: Promise<void>, clock: Clock | FakeClock): Promise<void> {
  let isDone = false
  const done = work.finally(() => (isDone = true))
  for (let step = 0; 'advance' in clock && !isDone && step < 10; step += 1) await clock.advance(1).catch(() => undefined)
  await done
}

/** The longest that a fake clock goes on at once while something is awaited, milliseconds. */
const longestStepMs = 60_000

/**
 * Waits for what may sleep on a clock that nobody moves any more, as runs and their grace do while an engine stops: moves it on, slowly
 * first, since what is under way may wait for a disk or a network instead.
 */
export async function letPass(work: Promise<void>, clock: Clock | FakeClock = systemClock): Promise<void> {
  let isDone = false
  const done = work.finally(() => (isDone = true))
  for (let ms = stepMs; 'advance' in clock && !isDone; ms = Math.min(2 * ms, longestStepMs)) {
    await Promise.race([done, systemClock.sleep(lookMs)])
    // Somebody else may be moving it.
    if (!isDone) await clock.advance(ms).catch(() => undefined)
  }
  await done
}

async function openWork(engine: Engine): Promise<string[]> {
  const metrics = await engine.metrics()
  const found: string[] = []
  for (const { name, ...metric } of metrics) {
    if (!('samples' in metric) || !(name === 'engine_runs' || name === 'engine_deliveries' || name === 'engine_live_runs')) continue
    for (const sample of metric.samples) {
      const status = 'labels' in sample ? String(Object(sample.labels).status ?? '') : ''
      if ('value' in sample && Number(sample.value) > 0 && !['waiting', 'parked'].includes(status)) found.push(`${name} ${status}`)
    }
  }
  return found
}
