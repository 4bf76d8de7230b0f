import { sql, type Kysely } from 'kysely'

import { EngineError, defineErrors } from '../kernel/errors.ts'
import { sha256 } from '../kernel/json.ts'
import type { DatabaseFamily } from '../ports/storage.ts'
import { familyOf } from './open.ts'
import type { Database } from './tables.ts'

/** One step of the schema: SQL with `{column types}`, or one text per family where they really differ; a family without one skips it. */
export interface Migration {
  readonly id: string
  readonly statements: readonly (string | Readonly<Partial<Record<DatabaseFamily, string>>>)[]
}

const migrationErrors = defineErrors({
  schema_missing: { kind: 'unavailable', help: 'Name the database that Engine uses; this one holds none of its tables.' },
  schema_older: { kind: 'unavailable', help: 'Start Engine on it once, which brings it up to date.' },
  schema_newer: { kind: 'unavailable', help: 'Start the version of Engine that migrated this database, or a later one.' },
  schema_edited: { kind: 'unavailable', help: 'A released migration was changed or removed; restore it. The database was not touched.' },
})

/** What a database went through, and why this code cannot use it as it is; null when it can. */
export interface History {
  readonly applied: readonly string[]
  readonly problem: EngineError | null
}

/** Reads a database's history and changes nothing, also where there is none. */
export async function readHistory(
  db: Kysely<Database>,
  given: { schema?: string | undefined; migrations: readonly Migration[] },
): Promise<History> {
  const { migrations, schema } = given
  if (!(await hasTable(db, { schema, table: 'engine_migrations' }))) {
    const message = 'There is no Engine database here: the table engine_migrations is missing.'
    return { applied: [], problem: new EngineError(migrationErrors.schema_missing, message) }
  }
  const done = await db.selectFrom('engine_migrations').selectAll().orderBy('position').execute()
  return { applied: done.map((row) => row.id), problem: findConflict(done, migrations) ?? findLag(done, migrations) }
}

export async function hasTable(db: Kysely<Database>, given: { schema?: string | undefined; table: keyof Database }): Promise<boolean> {
  const { schema = '', table } = given
  const found =
    familyOf(db) === 'sqlite'
      ? sql`select 1 from sqlite_schema where type = 'table' and name = ${table}`
      : sql`select 1 from pg_class where relname = ${table}
          and relnamespace = (select oid from pg_namespace where nspname = ${schema})`
  return (await found.execute(db)).rows.length > 0
}

type Done = readonly { readonly id: string; readonly checksum: string }[]

/** Compares what the database went through with what this code knows; null when the code can go on from there. Pure. */
export function findConflict(done: Done, migrations: readonly Migration[]): EngineError | null {
  for (const [index, row] of done.entries()) {
    const known = migrations[index]
    if (!known) {
      return new EngineError(
        migrationErrors.schema_newer,
        `This database has the migration ${row.id}, which this version of Engine does not know. Start a newer version.`,
        { details: { migration: row.id, newest: migrations.at(-1)?.id ?? null } },
      )
    }
    if (known.id !== row.id || checksumOf(known) !== row.checksum) {
      return new EngineError(
        migrationErrors.schema_edited,
        `The migration ${row.id} was applied to this database with another text than this code has for ${known.id}.`,
        { details: { migration: row.id, expected: row.checksum, found: checksumOf(known) } },
      )
    }
  }
  return null
}

function findLag(done: Done, migrations: readonly Migration[]): EngineError | null {
  const next = migrations[done.length]
  if (!next) return null
  return new EngineError(
    migrationErrors.schema_older,
    `This database has not got the migration ${next.id} yet. Start Engine on it once, which brings it up to date.`,
    { details: { migration: next.id } },
  )
}

export function checksumOf(migration: Migration): string {
  return sha256(JSON.stringify(migration.statements))
}
