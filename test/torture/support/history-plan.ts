import type { Place } from './place.ts'

/** What a process that plays histories is started with. */
export interface PlayersPlan {
  readonly place: Place
  /** Short, so that leases run out while others work. Milliseconds. */
  readonly leaseMs: number
}

/** One history, as it is told to each process. */
export interface Play {
  readonly kind: 'play'
  readonly companyId: string
  readonly agents: readonly string[]
  readonly tasks: readonly string[]
  readonly seed: number
  /** Names the clients of this process. */
  readonly clients: readonly string[]
  readonly operations: number
  /** Whether only what the ownership model knows is done: checkouts, heartbeats, completions, releases and sweeps. */
  readonly isNarrow: boolean
}

export interface Played {
  readonly kind: 'played'
  readonly jsonl: string
}
