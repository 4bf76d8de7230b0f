import { sql, type Kysely, type Transaction } from 'kysely'

import type { DatabaseFamily } from '../ports/storage.ts'
import { renderColumns } from './columns.ts'
import { checksumOf, findConflict, type Migration } from './history.ts'
import { familyOf } from './open.ts'
import type { Database } from './tables.ts'

export type { Migration } from './history.ts'

/**
 * Brings the database to this code's schema: forward only, each migration with its row in one transaction.
 * Safe when several processes start together: the write lock of the transaction lets one apply, the others find it done.
 * @returns the ids applied by this call
 * @throws `schema_newer`, `schema_edited`: the database is left as it was
 * @see PROMISES P22
 */
export async function migrate(
  db: Kysely<Database>,
  given: { schema?: string | undefined; migrations: readonly Migration[] },
): Promise<string[]> {
  const family = familyOf(db)
  const { migrations, schema } = given
  const alone = <Result>(work: (tx: Transaction<Database>) => Promise<Result>) =>
    db.transaction().execute(async (tx) => {
      if (schema !== undefined) await enterSchema(tx, schema)
      return work(tx)
    })
  const done = await alone(async (tx) => {
    await createMigrationTable(tx, { family, schema })
    return countApplied(tx, migrations)
  })
  const applied: string[] = []
  for (const [index, migration] of [...migrations.entries()].slice(done)) {
    const isNew = await alone((tx) => applyMigration(tx, { family, migrations, migration, index }))
    if (isNew) applied.push(migration.id)
  }
  return applied
}

/** How long a starter waits for another one's migration, and a migration for the tables it changes, milliseconds. */
const lockTimeoutMs = 30_000

/**
 * Lets one transaction at a time migrate a schema, and names it as the one that unqualified names mean. Both end with the
 * transaction, so a pooler may give its connection to anybody afterwards.
 */
export async function enterSchema(tx: Transaction<Database>, schema: string): Promise<void> {
  await sql`select set_config('lock_timeout', ${String(lockTimeoutMs)}, true), set_config('search_path', ${quoteName(schema)}, true)`.execute(
    tx,
  )
  await sql`select pg_advisory_xact_lock(hashtextextended(${`engine migrations ${schema}`}, 0))`.execute(tx)
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

async function createMigrationTable(
  tx: Transaction<Database>,
  { family, schema }: { family: DatabaseFamily; schema?: string | undefined },
): Promise<void> {
  if (schema !== undefined) await sql`create schema if not exists ${sql.id(schema)}`.execute(tx)
  const text = `create table if not exists engine_migrations (
    position {integer} primary key, id text not null unique, checksum text not null, applied_at {time} not null
  ) {table}`
  await sql.raw(renderColumns(text, family)).execute(tx)
}

/** How many of the migrations this database has. @throws `schema_newer`, `schema_edited` */
async function countApplied(tx: Transaction<Database>, migrations: readonly Migration[]): Promise<number> {
  const done = await tx.selectFrom('engine_migrations').selectAll().orderBy('position').execute()
  const conflict = findConflict(done, migrations)
  if (conflict) throw conflict
  return done.length
}

interface Step {
  readonly family: DatabaseFamily
  readonly migrations: readonly Migration[]
  readonly migration: Migration
  readonly index: number
}

async function applyMigration(tx: Transaction<Database>, step: Step): Promise<boolean> {
  const { family, migrations, migration, index } = step
  if ((await countApplied(tx, migrations)) > index) return false
  for (const statement of migration.statements) {
    const text = typeof statement === 'string' ? statement : statement[family]
    if (text !== undefined) await sql.raw(renderColumns(text, family)).execute(tx)
  }
  await tx
    .insertInto('engine_migrations')
    .values({ position: index, id: migration.id, checksum: checksumOf(migration), applied_at: new Date().toISOString() })
    .execute()
  return true
}
