import type { Kysely } from 'kysely'

import { coreRegistry } from '../core-registry.ts'
import { migratePlugin } from '../database/plugin-migrations.ts'
import type { Database } from '../database/tables.ts'
import { settledSeq } from '../events/numbers.ts'
import { EngineError } from '../kernel/errors.ts'
import { messageOf } from '../kernel/failure.ts'
import type { Registry } from '../kernel/registry.ts'
import type { PluginFiles } from '../kernel/plugins.ts'
import { pluginErrors } from '../plugins/errors.ts'
import { enterSubscription } from '../plugins/position.ts'
import type { Logger } from '../ports/logger.ts'
import { checkPlugins, tablePrefix } from './check.ts'
import { readPages } from './pages.ts'
import { createPluginRuntime, type PluginRuntime } from './runtime.ts'
import type { PluginDefinition } from './types.ts'

export interface LoadedPlugins {
  readonly runtime: PluginRuntime
  readonly files: PluginFiles
  readonly registry: Registry
}

/** Checks plugins, reads what they show and registers what they add; changes nothing. @throws what is wrong with them, by a code */
export function loadPlugins(plugins: readonly PluginDefinition[]): LoadedPlugins {
  const core = coreRegistry()
  const ordered = checkPlugins(plugins, core)
  const { files, prefixes } = readPages(ordered)
  const runtime = createPluginRuntime(ordered, prefixes)
  if (plugins.length === 0) return { runtime, files, registry: core }
  try {
    return { runtime, files, registry: coreRegistry(runtime.modules) }
  } catch (error) {
    // The registry says which operation it refuses, and why.
    throw new EngineError(pluginErrors.plugin_invalid, messageOf(error), { cause: error })
  }
}

/** Brings the tables of plugins up to date, and enters what they subscribe to. */
export async function preparePlugins(
  db: Kysely<Database>,
  given: { runtime: PluginRuntime; schema: string | undefined; logger: Logger },
): Promise<void> {
  const { runtime, schema, logger } = given
  for (const { definition } of runtime.running) {
    const { id: plugin, migrations = [], subscribe = {} } = definition
    const applied = await migratePlugin(db, { schema, plugin, prefix: tablePrefix(plugin), migrations })
    if (applied.length > 0) logger.info('migrated the tables of a plugin', { applied })
    for (const [name, { from = 'now' }] of Object.entries(subscribe)) {
      const beginsAfter = from === 'start' ? 0 : await endOfLog(db)
      await enterSubscription(db, { plugin, name, beginsAfter })
    }
  }
}

/** The position of the newest event of all. */
async function endOfLog(db: Kysely<Database>): Promise<number> {
  const upTo = await settledSeq(db)
  const last = await db.selectFrom('events').select('seq').where('seq', '<=', upTo).orderBy('seq', 'desc').limit(1).executeTakeFirst()
  return last?.seq ?? 0
}
