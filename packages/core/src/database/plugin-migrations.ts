import { sql, type Kysely, type Transaction } from 'kysely'

import { EngineError } from '../kernel/errors.ts'
import { pluginErrors } from '../plugins/errors.ts'
import { renderColumns } from './columns.ts'
import { checksumOf, findConflict, type Migration } from './history.ts'
import { enterSchema } from './migrate.ts'
import { familyOf } from './open.ts'
import type { Database } from './tables.ts'

export interface PluginMigrating {
  readonly schema: string | undefined
  readonly plugin: string
  /** What the names of its tables and indexes begin with. */
  readonly prefix: string
  readonly migrations: readonly Migration[]
}

/**
 * Brings the tables of one plugin up to date, each migration with its row in one transaction; safe when several processes start
 * together. Every statement is looked at before the first one is run.
 * @throws `plugin_migration_refused`, `plugin_schema_changed`; then nothing was changed
 */
export async function migratePlugin(db: Kysely<Database>, given: PluginMigrating): Promise<string[]> {
  const { plugin, migrations, schema } = given
  for (const migration of migrations) checkMigration(migration, given)
  const applied: string[] = []
  for (const [position, migration] of migrations.entries()) {
    const isNew = await db.transaction().execute(async (tx) => {
      if (schema !== undefined) await enterSchema(tx, schema)
      return applyMigration(tx, { plugin, migrations, migration, position })
    })
    if (isNew) applied.push(`${plugin} ${migration.id}`)
  }
  return applied
}

interface Step {
  readonly plugin: string
  readonly migrations: readonly Migration[]
  readonly migration: Migration
  readonly position: number
}

async function applyMigration(tx: Transaction<Database>, { plugin, migrations, migration, position }: Step): Promise<boolean> {
  const done = await tx.selectFrom('plugin_migrations').selectAll().where('plugin', '=', plugin).orderBy('position').execute()
  const conflict = findConflict(done, migrations)
  if (conflict)
    throw new EngineError(pluginErrors.plugin_schema_changed, `The tables of the plugin ${plugin} do not fit it. ${conflict.message}`, {
      details: { ...conflict.details, plugin },
    })
  if (done.length > position) return false
  const family = familyOf(tx)
  for (const statement of migration.statements) {
    const text = typeof statement === 'string' ? statement : statement[family]
    if (text !== undefined) await sql.raw(renderColumns(text, family)).execute(tx)
  }
  const row = { plugin, position, id: migration.id, checksum: checksumOf(migration), applied_at: new Date().toISOString() }
  await tx.insertInto('plugin_migrations').values(row).execute()
  return true
}

const beginnings =
  /^(?:create\s+table|create\s+(?:unique\s+)?index|alter\s+table|drop\s+table|drop\s+index|insert\s+into|update|delete\s+from)\s/i
const named = /\b(?:table|index|into|from|join|update|references|on|rename\s+to)\s+(?:if\s+(?:not\s+)?exists\s+)?([\w.]+)/gi
/** What may follow one of these words that is no table: `on delete cascade`, `on conflict`, `update set`. */
const words = new Set(['delete', 'update', 'conflict', 'set', 'cascade', 'restrict', 'no'])

function checkMigration(migration: Migration, given: PluginMigrating): void {
  for (const statement of migration.statements) {
    for (const text of typeof statement === 'string' ? [statement] : Object.values(statement)) checkStatement(text, migration, given)
  }
}

function checkStatement(text: string, migration: Migration, { plugin, prefix }: PluginMigrating): void {
  const plain = text.trim()
  const refuse = (why: string) =>
    new EngineError(pluginErrors.plugin_migration_refused, `The migration ${migration.id} of the plugin ${plugin} ${why}`, {
      details: { plugin, migration: migration.id, prefix },
    })
  if (!beginnings.test(plain) || /;|--|\/\*|"|`|\[/.test(plain))
    throw refuse(
      'has a statement that is none of create, alter and drop of a table or index, insert, update and delete, without comments and quoted names.',
    )
  for (const [, name = ''] of plain.matchAll(named)) {
    if (name.startsWith(prefix) || words.has(name.toLowerCase())) continue
    if (name === 'companies' && /references\s+companies\b/i.test(plain)) continue
    throw refuse(`names ${name}. It may name only what begins with ${prefix}, and refer to companies.`)
  }
  if (/^create\s+table/i.test(plain) && !/\bcompany_id\s+\{uuid\}\s+not\s+null\b/i.test(plain))
    throw refuse('makes a table without the column "company_id {uuid} not null", so that nobody could tell whose its rows are.')
}
