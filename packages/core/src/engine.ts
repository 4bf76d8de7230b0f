import type { Api, CallOptions } from './api.ts'
import type { Actor, RunActor } from './kernel/actor.ts'
import type { AnyEvent, EventHandler, EventType } from './kernel/events.ts'
import type { Registry } from './kernel/registry.ts'

/** A running Engine: the whole API acting as the embedding code, and the means to act as somebody else. */
export interface Engine extends Api, AsyncDisposable {
  /** What all surfaces are generated from. */
  readonly registry: Registry
  /** The same API, narrowed to what this actor may see and do. */
  as(actor: Actor): Api
  /** Runs an operation by its name, for surfaces that know it only at run time. */
  execute(name: string, request: { input: unknown; actor: Actor } & CallOptions): Promise<unknown>
  /** Who a run credential belongs to; also when its run has ended, so that the answer is lease_lost. Null for an unknown one. */
  authenticate(credential: string): Promise<RunActor | null>
  /** Listens to committed events of this process. Returns the function that stops it. */
  on<Type extends EventType>(type: Type, handler: EventHandler<Type>): () => void
  /** A company's events after a seq, past and then live, whoever wrote them; ends with `signal`. */
  stream(options: { companyId: string; actor: Actor; after?: number | 'latest'; signal: AbortSignal }): AsyncIterable<AnyEvent[]>
  /** Starts the loops that execute runs and take back lost ones. */
  start(): Promise<void>
  /** Stops claiming, lets live runs end or hands them back, closes the database. Safe to call twice. */
  stop(): Promise<void>
  health(): Promise<Health>
}

export interface Health {
  readonly isReady: boolean
  readonly storage: string
  readonly liveRuns: number
  /** What is wrong, when something is. */
  readonly problem: string | null
}
