// What every receiver of deliveries on this machine tells: what it kept, what it refused for good, and what was wrong with it.
import type { Random } from '@engine/testing'

/** One request or mail that was kept; a digest tells of several events. */
export interface Arrival {
  readonly deliveryId: string
  readonly eventIds: readonly string[]
}

export interface Receiver {
  readonly port: number
  readonly arrived: readonly Arrival[]
  /** The events that it refused for good, until it relented. */
  readonly refused: ReadonlySet<string>
  /** What no sender may do. */
  readonly problems: readonly string[]
  /** How often it behaved in each way. */
  readonly moods: ReadonlyMap<string, number>
  /** From now on it refuses nothing for good. */
  relent(): void
  close(): Promise<void>
}

/** Chooses what each request meets; a good half of them meets nothing bad. */
export function createMoods<Mood extends string>(random: Random, bad: readonly Mood[]) {
  const counts = new Map<string, number>()
  return {
    counts,
    next(): Mood | 'takes' {
      const mood = random.int(100) < 55 ? 'takes' : random.pick(bad)
      counts.set(mood, (counts.get(mood) ?? 0) + 1)
      return mood
    },
  }
}
