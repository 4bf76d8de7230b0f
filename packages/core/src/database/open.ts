import { Kysely, sql, type Dialect, type RawBuilder } from 'kysely'

import type { DatabaseFamily, Storage } from '../ports/storage.ts'
import type { Database } from './tables.ts'

interface Home {
  readonly family: DatabaseFamily
  readonly schema: string | undefined
}

/** What each open database is, known by the adapter that its queries are compiled with. */
const homes = new WeakMap<object, Home>()

/** Core's view of a storage's connections: its tables, in their schema. `onStatement` is told how long each statement took. */
export function openDatabase(storage: Storage, dialect: Dialect, onStatement?: (ms: number) => void): Kysely<Database> {
  const db = new Kysely<Database>({ dialect, ...(onStatement && { log: ({ queryDurationMillis }) => onStatement(queryDurationMillis) }) })
  homes.set(db.getExecutor().adapter, { family: storage.family, schema: storage.schema })
  return storage.schema === undefined ? db : db.withSchema(storage.schema)
}

function homeOf(db: Kysely<Database>): Home {
  const home = homes.get(db.getExecutor().adapter)
  if (!home) throw new Error('this database was not opened by openDatabase')
  return home
}

export function familyOf(db: Kysely<Database>): DatabaseFamily {
  return homeOf(db).family
}

/** What gives events their numbers on Postgres, by the name that Postgres gave it. */
type Sequence = 'events_seq_seq'

/** The full name of a table, or of a sequence, which Postgres reads as one, for statements that are written as text. */
export function tableOf(db: Kysely<Database>, table: keyof Database | Sequence): RawBuilder<unknown> {
  const { schema } = homeOf(db)
  return schema === undefined ? sql.id(table) : sql.id(schema, table)
}

/** The full name of a sequence as a text, which functions of Postgres take. */
export function sequenceName(db: Kysely<Database>, sequence: Sequence): RawBuilder<unknown> {
  const { schema } = homeOf(db)
  const names = [...(schema === undefined ? [] : [schema]), sequence]
  return sql.lit(names.map((name) => `"${name.replaceAll('"', '""')}"`).join('.'))
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

/** An id where a value is expected: in an expression, Postgres takes a parameter for text. */
export function asUuid(id: string, family: DatabaseFamily): RawBuilder<string> {
  return family === 'postgres' ? sql<string>`${id}::uuid` : sql<string>`${id}`
}
