import type { Kysely } from 'kysely'

import type { Database } from '../database/tables.ts'
import { EngineError } from '../kernel/errors.ts'
import type { JsonObject } from '../kernel/json.ts'
import type { LoadedPlugin } from '../kernel/plugins.ts'
import { pluginChanged } from './change.ts'
import { configOf } from './config.ts'
import { pluginErrors } from './errors.ts'
import { findPluginByName } from './sql.ts'
import type { PluginTable } from './table.ts'

type Facts = Pick<LoadedPlugin, 'id' | 'kind' | 'capabilitiesHash' | 'configSchema'>

/** Whether a plugin works in a company: with this configuration, or why not. */
export type Standing = { readonly config: JsonObject; readonly why: null } | { readonly config: null; readonly why: EngineError }

/** Whether a plugin works in a company, given what it is there. Pure. */
export function standingOf(plugin: Facts, row: PluginTable | null): Standing {
  const why = whyStopped(plugin, row)
  return why ? { config: null, why } : configuredOf(plugin, row)
}

function whyStopped(plugin: Facts, row: PluginTable | null): EngineError | null {
  // Whoever wrote the program put a trusted plugin into it; nobody in a company has to say so again.
  if (row === null) return plugin.kind === 'trusted' ? null : refused(plugin, 'plugin_not_installed', 'is not installed in this company')
  if (row.status === 'ready') return isApproved(plugin, row) ? null : pluginChanged(row)
  if (row.status === 'disabled') return refused(plugin, 'plugin_disabled', 'is disabled in this company')
  if (row.status === 'installed') return refused(plugin, 'plugin_not_installed', 'waits for the approval of what it asks for')
  if (row.status === 'uninstalled') return refused(plugin, 'plugin_not_installed', 'was uninstalled in this company')
  return refused(plugin, 'plugin_unavailable', `was stopped (${row.reason ?? row.status})`)
}

/** The same of a plugin that nobody stopped: its schema may not take the configuration that it has. Pure. */
export function configuredOf(plugin: Facts, row: PluginTable | null): Standing {
  try {
    return { config: configOf(plugin, row), why: null }
  } catch (error) {
    if (!EngineError.isInstance(error)) throw error
    const what = `does not take the configuration that it has in this company. ${error.message}`
    return { config: null, why: refused(plugin, 'plugin_unconfigured', what) }
  }
}

function isApproved(plugin: Facts, row: PluginTable): boolean {
  return plugin.kind === 'trusted' || row.capabilities_hash === plugin.capabilitiesHash
}

function refused({ id }: Facts, code: keyof typeof pluginErrors, what: string): EngineError {
  return new EngineError(pluginErrors[code], `The plugin ${id} ${what.replace(/\.$/, '')}.`, { details: { plugin: id } })
}

/** What a plugin is to a company in which it works. @throws why it does not */
export async function requireActive(
  db: Kysely<Database>,
  plugin: Facts,
  companyId: string,
): Promise<{ readonly row: PluginTable | null; readonly config: JsonObject }> {
  const row = await findPluginByName(db, { companyId, plugin: plugin.id })
  const { config, why } = standingOf(plugin, row)
  if (why) throw why
  return { row, config }
}
