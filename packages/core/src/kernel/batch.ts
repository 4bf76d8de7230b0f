import type { Kysely, Transaction } from 'kysely'

import type { Database } from '../database/tables.ts'
import type { Actor } from './actor.ts'
import type { AdapterCatalog } from './adapters.ts'
import type { Call } from './call.ts'
import type { CommandContext } from './command-context.ts'
import type { AnyEvent, Unsequenced } from './events.ts'
import type { Scope } from './permissions.ts'
import type { EngineSettings } from './settings.ts'

/**
 * A second form of a command, for databases that are a round trip away: the calls of one tick as one statement, which is
 * its own transaction. A call takes effect wholly, with its events, or not at all; what has no effect here is done by the
 * command's `handle`, which knows how to refuse it. So `run` needs to know only the ordinary case.
 */
export interface Batch<Input, Output> {
  /** Whether it also takes calls of runs about themselves: then `run` makes sure of their leases, as every write of a run has to. */
  readonly fencesRuns?: true
  /** What the calls of one statement have in common; null for a call that is not ordinary. */
  key(input: Input, actor: Actor): string | null
  /** Answers each call in its place, with null for one that had no effect. Its guards hold row by row, as those of `locks: 'rows'`. */
  run(context: BatchContext, calls: readonly BatchCall<Input>[]): Promise<(Done<Output> | null)[]>
}

export interface BatchContext {
  readonly db: Kysely<Database>
  readonly now: string
  readonly epoch: number
  readonly settings: EngineSettings
  readonly adapters: AdapterCatalog
  newId(): string
  /**
   * Runs a statement that is its own transaction, and reads what its answers need besides. Both by one connection, since another one may not be had any more; and when the
   * reading fails, nobody may take the calls for such that changed nothing.
   */
  changeAndRead<Row, Result>(given: ChangeAndRead<Row, Result>): Promise<Result>
  /** For what takes more than one statement. */
  inTransaction<Result>(work: (tx: Transaction<Database>) => Promise<Result>): Promise<Result>
  /**
   * Handles calls of one company as one command that locks rows, with the functions that handle each of them: what a call records
   * by the context in its place is its own. Null is for a call that wrote nothing.
   */
  asOne<Output>(
    together: Together,
    handle: (contexts: readonly CommandContext[], log: OpenLog) => Promise<(Output | null)[]>,
  ): Promise<(Done<Output> | null)[]>
}

export interface ChangeAndRead<Row, Result> {
  change(db: Kysely<Database>): Promise<Row[]>
  read(db: Kysely<Database>, rows: readonly Row[]): Promise<Result>
}

/** What calls have recorded and is not yet in the log, for a statement that writes it there together with what it is about. */
export interface OpenLog {
  /** Of the instance that writes. */
  readonly epoch: number
  /** Takes it out. */
  take(): Unsequenced[]
  /** Gives back what was not written after all, or not all of it. */
  giveBack(events: readonly Unsequenced[]): void
  /** Says what was written: events to which no route listens. */
  wrote(events: readonly AnyEvent[]): void
}

export interface Together {
  /** Of their command. */
  readonly name: string
  readonly companyId: string
  readonly calls: readonly BatchCall<unknown>[]
  /** As its command says. */
  readonly whenArchived?: string
}

export interface BatchCall<Input> {
  readonly input: Input
  readonly actor: Actor
  readonly requestId: string | null
  /** The companies in which this actor may make this call; the statement must not look beyond them. */
  readonly companies: readonly string[] | 'all'
}

export interface Done<Output> {
  readonly output: Output
  readonly events: readonly AnyEvent[]
}

/** Runs a call in a batch if it can be. @returns null when it had no effect */
export type Batcher = (
  operation: { name: string; batch: AnyBatch; scope: Scope },
  call: { input: object; call: Call },
) => Promise<Done<unknown> | null>

/** The kernel parses each input by the schema of its command before a batch sees it. */
export type AnyBatch = Batch<never, unknown>
