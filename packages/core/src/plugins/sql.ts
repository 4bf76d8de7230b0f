import type { Kysely, Transaction } from 'kysely'

import { versionedChange } from '../database/versioned.ts'
import { rowById } from '../database/row-by-id.ts'
import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { locatedRows } from '../kernel/located.ts'
import type { PluginCursorTable, PluginTable } from './table.ts'

export const findPlugin = rowById('plugins')

export const locatedPlugins = locatedRows(findPlugin)

const pluginByName = statement((db, given: { companyId: string; plugin: string }) =>
  db.selectFrom('plugins').selectAll().where('company_id', '=', given.companyId).where('plugin', '=', given.plugin),
)

/** What a plugin is to a company; null when it was never installed there. */
export async function findPluginByName(db: Kysely<Database>, given: { companyId: string; plugin: string }): Promise<PluginTable | null> {
  return first(await pluginByName(db, given))
}

export const changePlugin = versionedChange('plugins', 'plugin')

export async function cursorsOf(db: Kysely<Database>, given: { companyId: string; plugin: string }): Promise<PluginCursorTable[]> {
  return db
    .selectFrom('plugin_cursors')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('plugin', '=', given.plugin)
    .orderBy('subscription')
    .execute()
}

/** Makes all live cursors of a plugin in a company look at the log again. */
export async function wakeCursors(tx: Transaction<Database>, given: { companyId: string; plugin: string; now: string }): Promise<void> {
  await tx
    .updateTable('plugin_cursors')
    .set((row) => ({ next_at: given.now, marks: row('marks', '+', 1), updated_at: given.now }))
    .where('company_id', '=', given.companyId)
    .where('plugin', '=', given.plugin)
    .where('status', '=', 'live')
    .execute()
}
