import type { Dialect } from 'kysely'

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
  /** Connections for one engine; they are closed with the dialect's driver. Opens nothing before the first query. */
  open(): StorageSession
  /**
   * A dialect on a connection that the host has a transaction open on: `begin` there is a savepoint, and its connection
   * is never closed. Null when the handle is not one that this storage knows.
   */
  adopt?(handle: unknown): Dialect | null
}

export type DatabaseFamily = 'sqlite' | 'postgres'

export interface StorageSession {
  readonly dialect: Dialect
  /** How processes of one database hear of each other; without it they poll. */
  readonly hints?: StorageHints
  /** Copies the database to a file while it is in use; without it the database's own tools do. */
  backup?(path: string): Promise<void>
}

/** Hints that rows of a company may have changed. They may be lost, late or doubled: polling is the guarantee. */
export interface StorageHints {
  /** Tells other processes, soon and outside any transaction; many calls share one message. */
  notify(companyId: string): void
  /** Hears other processes: the company, or null when anything may have changed. Resolves with the function that stops it. */
  listen(onHint: (companyId: string | null) => void): Promise<() => Promise<void>>
}
