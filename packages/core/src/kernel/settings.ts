/** Numbers that a host may change; the defaults are the promises of docs/RELIABILITY (PROMISES P3, P4). */
export interface EngineSettings {
  /** How long a run may be silent before its task is taken back, milliseconds. */
  readonly leaseMs: number
  /** How often expired leases are looked for, milliseconds. */
  readonly sweepMs: number
  /** The longest that queued work waits when every notification was lost, milliseconds. */
  readonly pollMs: number
  /** First step of the full-jitter wait before a retry, milliseconds. */
  readonly retryBaseMs: number
  readonly retryCapMs: number
  /** Runs that this process executes at once. */
  readonly maxConcurrentRuns: number
  /** How long `stop()` lets live runs end by themselves before it releases them, milliseconds. */
  readonly stopGraceMs: number
  /** How long an adapter that was told to stop may take before its run is concluded without it, milliseconds. */
  readonly abandonMs: number
  /** What is kept of a run's log, bytes. */
  readonly runLogBytes: number
}

export const defaultSettings: EngineSettings = {
  leaseMs: 30_000,
  sweepMs: 5_000,
  pollMs: 2_000,
  retryBaseMs: 5_000,
  retryCapMs: 300_000,
  maxConcurrentRuns: 8,
  stopGraceMs: 5_000,
  // A program may be given up to 60 seconds between SIGTERM and SIGKILL.
  abandonMs: 65_000,
  runLogBytes: 10 * 1024 * 1024,
}
