import type { Api, CallOptions, Method } from './api.ts'
import type { Actor, AgentActor, NodeActor, RunActor, UserActor } from './kernel/actor.ts'
import type { AnyEvent, EventHandler, EventType } from './kernel/events.ts'
import type { PluginFiles } from './kernel/plugins.ts'
import type { Tracing } from './kernel/tracing.ts'
import type { Registry } from './kernel/registry.ts'
import type { Health } from './observation/health.ts'
import type { Metric } from './observation/metrics.ts'
import type { RepairReport } from './verification/repair.ts'
import type { VerificationReport } from './verification/verify.ts'
import type { Joined } from './join.ts'
import type { PluginDefinition } from './plugin-host/types.ts'
import type { FollowLogOptions } from './runs/follow-log.ts'
import type { LogChunk } from './runs/schema.ts'

/** A running Engine: the whole API acting as the embedding code, and the means to act as somebody else. */
export interface Engine extends Api, AsyncDisposable {
  /** What all surfaces are generated from. */
  readonly registry: Registry
  /** The traces that this engine is a part of, for surfaces that begin or go on with one. */
  readonly tracing: Tracing
  /** What plugins show on the board, for surfaces that give it out to browsers (docs/plugin-authors.md#pages). */
  readonly pluginFiles: PluginFiles
  /** The same API, narrowed to what this actor may see and do. */
  as(actor: Actor): Api
  /**
   * The whole API inside a transaction that your program has open on the same database: your rows and Engine's are committed
   * together, or rolled back together. Each call is a savepoint: one that fails leaves your transaction as it was. Calls run
   * one after the other; await each before you go on with the handle. See docs/join.md for the handles that each storage takes.
   * @throws `not_joinable` for a handle of another kind, here or at the first call, and `transaction_over` when nothing is open
   */
  join(handle: object): Joined
  /** Runs an operation by its name, for surfaces that know it only at run time. */
  execute(name: string, request: { input: unknown; actor: Actor } & CallOptions): Promise<unknown>
  /**
   * Who a key (`eng_user_…`, `eng_agent_…`), a run credential (`eng_run_…`), a session (`eng_session_…`) or what a node comes with (`eng_node_…`) acts for, by what is true now. Ask again for each
   * call: a revoked key and another role count from the next one on. A run that has ended is found too, so that the answer to its
   * calls is lease_lost. Null for what is unknown, revoked or expired, or whose holder may not act; nothing tells which.
   */
  authenticate(credential: string): Promise<UserActor | AgentActor | RunActor | NodeActor | null>
  /** The same for many at once, so that open streams can be asked for again and again; null for each that opens nothing. */
  authenticateAll(credentials: readonly string[]): Promise<ReadonlyMap<string, Actor | null>>
  /** Listens to committed events of this process. Returns the function that stops it. */
  on<Type extends EventType>(type: Type, handler: EventHandler<Type>): () => void
  /**
   * A company's events after a seq, past and then live, whoever wrote them; ends with `signal`. An `actor` that is a function is
   * asked again before each batch, so that a stream ends with the key that opened it. `onListening` is called once it is known after
   * which seq that is: `latest`, and a seq that the log does not reach, since its database was restored, begin at its end.
   */
  stream(options: {
    companyId: string
    actor: Actor | (() => Promise<Actor>)
    after?: number | 'latest'
    onListening?: (after: number) => void
    signal: AbortSignal
  }): AsyncIterable<AnyEvent[]>
  /** The log of a run after a sequence, as it grows; ends with `signal`, or when the run is over and all was read. */
  followLog(options: FollowLogOptions): AsyncIterable<LogChunk[]>
  /** Starts the loops that execute runs and take back lost ones. */
  start(): Promise<void>
  /** Stops claiming, lets live runs end or hands them back, closes the database. Safe to call twice. */
  stop(): Promise<void>
  /** Whether calls can be answered, and how everything is that they and the work behind them need. */
  health(): Promise<Health>
  /** What a monitor reads: counters of this process, what waits and what is under way in the database; cheap, however much there is. */
  metrics(): Promise<readonly Metric[]>
  /**
   * Copies the database to a new file while work goes on: what was committed at one moment, on disk when this resolves. Opened,
   * the copy begins a new epoch: runs of before cannot write in it (docs/backup.md).
   * @throws `already_exists` for a file that is there, `backup_failed`, and `backup_elsewhere` on Postgres, which has pg_dump
   */
  backup(path: string): Promise<void>
  /** Checks every invariant that can be read off the rows, while work goes on; many short statements, none of which writes. */
  verify(): Promise<VerificationReport>
  /** Corrects figures that only count other rows; what else `verify` finds has no one right value and is left to you. */
  repair(): Promise<RepairReport>
}

type Named = NonNullable<PluginDefinition['queries']>
/** What a plugin declares in one of its parts; nothing when it has none. */
type Part<Plugin, Name extends 'commands' | 'queries'> = Plugin extends { readonly [Key in Name]: infer Operations extends object }
  ? Operations
  : Record<never, never>
type Methods<Operations extends object> = {
  [Verb in keyof Operations]: Operations[Verb] extends Pick<Named[string], 'input' | 'output'> ? Method<Operations[Verb]> : never
}

/** The operations of plugins as methods, by the id of each: `engine.notes.add(…)`. */
export type PluginApi<Plugins extends readonly PluginDefinition[]> = {
  readonly [Plugin in Plugins[number] as Plugin['id']]: Methods<Part<Plugin, 'commands'> & Part<Plugin, 'queries'>>
}

/** An engine with the operations of its plugins. */
export type EngineWith<Plugins extends readonly PluginDefinition[]> = Plugins extends readonly []
  ? Engine
  : Omit<Engine, 'as' | 'join'> &
      PluginApi<Plugins> & {
        as(actor: Actor): Api & PluginApi<Plugins>
        join(handle: object): Omit<Joined, 'as'> & PluginApi<Plugins> & { as(actor: Actor): Api & PluginApi<Plugins> }
      }
