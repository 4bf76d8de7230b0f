import type { Dialect } from 'kysely'

export const STORAGE_SPEC = 'engine.storage.v1'

/**
 * Where rows live. A storage is a Kysely dialect plus what differs between database families.
 *
 * What its driver must hold:
 * - a transaction takes its write lock at once and never fails because it read before it wrote;
 * - `commit` resolves only when the transaction would survive a power cut;
 * - reads outside a transaction never see uncommitted rows of this process;
 * - times come back as ISO-8601 strings with milliseconds, JSON columns as JSON text, integers as numbers.
 */
export interface Storage {
  readonly spec: typeof STORAGE_SPEC
  /** Shown in logs and health, for example `sqlite:./data/engine.db`; never holds a password. */
  readonly id: string
  readonly family: DatabaseFamily
  createDialect(): Dialect
}

export type DatabaseFamily = 'sqlite' | 'postgres'
