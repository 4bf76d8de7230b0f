import type { EngineSettings } from '@engine/core'

import type { Place } from './place.ts'

/** What a worker process is started with. */
export interface WorkerPlan {
  readonly place: Place
  readonly settings: Partial<EngineSettings>
  /** Each run appends what it did in the world to this file: a line, an `Effect`. */
  readonly effects: string
  /** The longest that a run works, milliseconds. */
  readonly workMs: number
  readonly seed: number
  /** Whether its runs wait for a `go` and then write whatever they can, whoever tells them to stop. */
  readonly isZombie?: boolean
  /** How its wall clock goes. */
  readonly clock?: SkewedClock
}

export interface SkewedClock {
  /** Milliseconds that it is ahead; behind when negative. */
  readonly aheadMs: number
  /** How often it jumps to somewhere else within that distance, milliseconds; never when 0. */
  readonly jumpEveryMs: number
}

export interface Started {
  readonly kind: 'started'
  readonly runId: string
  readonly taskId: string
}

/** What a zombie's writes were answered with; null for one that was accepted. */
export interface Answered {
  readonly kind: 'answered'
  readonly codes: Readonly<Record<string, string | null>>
}

/** What a worker sends when it ended in good order. */
export interface Stopped {
  readonly kind: 'stopped'
}
