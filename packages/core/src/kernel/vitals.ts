/** Whether a loop does what it is for. */
export interface LoopVital {
  readonly pollMs: number
  /** When its last pass ended, or the loop began, by the monotonic clock. */
  readonly lastMs: number
  /** Passes that failed since the last one that did not. */
  readonly failures: number
  readonly isStopped: boolean
}

/** What the loops of one engine last said of themselves, by their names. */
export type Vitals = Map<string, LoopVital>
