import type { CompiledQuery, DatabaseConnection, Dialect, QueryResult } from 'kysely'

export const STORAGE_SPEC = 'engine.storage.v1'

/**
 * Where rows live. A storage is a Kysely dialect plus what differs between database families.
 *
 * What its driver must hold:
 * - a transaction of SQLite takes its write lock at once and never fails because it read before it wrote; Postgres runs
 *   at READ COMMITTED, and core takes row locks;
 * - `commit` resolves only when the transaction would survive a power cut; when its answer never came, it rejects with
 *   the SQLSTATE 08007;
 * - reads outside a transaction never see uncommitted rows;
 * - times come back as ISO-8601 strings with milliseconds, JSON columns as JSON text, integers as numbers;
 * - SQLite's query compiler leaves out row locks (`for no key update`): its transactions hold the whole database.
 */
export interface Storage {
  readonly spec: typeof STORAGE_SPEC
  /** Shown in logs and health, for example `sqlite:./data/engine.db`; never holds a password. */
  readonly id: string
  readonly family: DatabaseFamily
  /** The schema that holds Engine's tables; only Postgres has schemas. */
  readonly schema?: string
  /**
   * Connections for one engine; they are closed with the dialect's driver. Opens nothing before the first query.
   * Those for reading change no database and create none; one that is not there is an error.
   */
  open(purpose?: 'reading'): StorageSession
  /**
   * The connection behind a handle that the host has a transaction open on: a driver's own, or a connection of the host's
   * Kysely. It is asked by one at a time, never closed, and answers with the values named above whatever the host has set.
   * Where it can see that no transaction is open it rejects with the SQLSTATE 25P01. Without this method nobody can join.
   */
  adopt?(handle: object): DatabaseConnection | Refusal
}

/**
 * What a connection may have besides, where its database answers inside this process. In a transaction core asks it so, as long as nobody
 * listens to statements by putting another `executeQuery` in the place of its class's: a promise for each step on the way costs nearly as much as a small statement.
 */
export interface AnswersAtOnce {
  /** Runs a statement of the transaction that is open. @throws as `executeQuery` rejects */
  executeNow<Row>(query: CompiledQuery): QueryResult<Row>
}

/** Why a handle is not taken, and which ones are: a sentence or two for the host's developer. */
export interface Refusal {
  readonly refusal: string
}

export type DatabaseFamily = 'sqlite' | 'postgres'

export interface StorageSession {
  readonly dialect: Dialect
  /** How processes of one database hear of each other; without it they poll. */
  readonly hints?: StorageHints
  /** What can be done with a database that is a file; without it the database has tools of its own. */
  readonly file?: DatabaseFile
  /**
   * How a thread of this process reaches the database by itself, to renew leases while the event loop is blocked; without it
   * they are renewed on the event loop only.
   */
  readonly thread?: ThreadAccess
}

export interface ThreadAccess {
  /** The URL of a module that exports `connect`, a `ThreadConnect`. */
  readonly module: string
  /** What `connect` is given. It is copied to the thread, so it holds data only. */
  readonly target: unknown
}

export type ThreadConnect = (target: unknown) => Promise<ThreadConnection>

/** A connection of a thread. It may fail at any time, and is closed and replaced then. */
export interface ThreadConnection {
  /** Runs one statement in a transaction of its own. @returns its rows */
  run(query: Pick<CompiledQuery, 'sql' | 'parameters'>): Promise<readonly unknown[]>
  close(): Promise<void>
}

/** A database in a file, as a whole. None of it blocks the event loop or the writers for longer than one statement. */
export interface DatabaseFile {
  /**
   * Copies what is committed at one moment to a new file, which appears under its name only when it is complete and on disk.
   * @throws with the code EEXIST when there is such a file already; then, as after any failure, nothing was left behind
   */
  backup(copy: BackupCopy): Promise<void>
  /** What is broken in the file or refers to rows that are not there, one line each; empty when nothing is. */
  findDamage(): Promise<readonly string[]>
  /** How much is committed but not yet moved into the main file, bytes. */
  walBytes(): Promise<number>
}

export interface BackupCopy {
  readonly path: string
  /** Run in the copy before it gets its name. */
  readonly marks: readonly Pick<CompiledQuery, 'sql' | 'parameters'>[]
}

/** Hints that rows of a company may have changed. They may be lost, late or doubled: polling is the guarantee. */
export interface StorageHints {
  /** Tells other processes, soon and outside any transaction; many calls share one message. */
  notify(companyId: string): void
  /** Hears other processes: the company, or null when anything may have changed. Resolves with the function that stops it. */
  listen(onHint: (companyId: string | null) => void): Promise<() => Promise<void>>
}
