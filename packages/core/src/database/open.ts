import { Kysely, sql, type Dialect, type RawBuilder } from 'kysely'

import type { DatabaseFamily, Storage } from '../ports/storage.ts'
import type { Database } from './tables.ts'

/** The family of each open database, known by the adapter that its queries are compiled with. */
const families = new WeakMap<object, DatabaseFamily>()

/** Core's view of a storage's connections: its tables, in their schema. */
export function openDatabase(storage: Storage, dialect: Dialect): Kysely<Database> {
  const db = new Kysely<Database>({ dialect })
  families.set(db.getExecutor().adapter, storage.family)
  return storage.schema === undefined ? db : db.withSchema(storage.schema)
}

export function familyOf(db: Kysely<Database>): DatabaseFamily {
  const family = families.get(db.getExecutor().adapter)
  if (!family) throw new Error('this database was not opened by openDatabase')
  return family
}

/**
 * The present, for times that decide something: the database's own clock where machines share it, so that their clocks
 * need not agree (PROMISES P25); elsewhere the time that this process says.
 */
export function present(family: DatabaseFamily, now: string): RawBuilder<string> {
  return family === 'postgres' ? sql<string>`clock_timestamp()` : sql<string>`${now}`
}

/** The present and some milliseconds; `at` is what this process takes that for. */
export function presentPlus(family: DatabaseFamily, given: { ms: number; at: string }): RawBuilder<string> {
  return family === 'postgres' ? sql<string>`clock_timestamp() + ${given.ms}::bigint * interval '1 millisecond'` : sql<string>`${given.at}`
}
