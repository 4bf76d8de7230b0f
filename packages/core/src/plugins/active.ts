import type { Kysely } from 'kysely'

import type { Database } from '../database/tables.ts'
import { EngineError } from '../kernel/errors.ts'
import type { LoadedPlugin } from '../kernel/plugins.ts'
import { pluginChanged } from './change.ts'
import { configOf } from './config.ts'
import { pluginErrors } from './errors.ts'
import { findPluginByName } from './sql.ts'
import type { PluginTable } from './table.ts'

type Facts = Pick<LoadedPlugin, 'id' | 'kind' | 'capabilitiesHash' | 'configSchema'>

/** Why a plugin does not work in a company, given what it is there; null when it does. Pure. */
export function whyInactive(plugin: Facts, row: PluginTable | null): EngineError | null {
  // Whoever wrote the program put a trusted plugin into it; nobody in a company has to say so again.
  if (row === null)
    return plugin.kind === 'trusted'
      ? whyUnconfigured(plugin, row)
      : refused(plugin, 'plugin_not_installed', 'is not installed in this company')
  if (row.status === 'ready') return isApproved(plugin, row) ? whyUnconfigured(plugin, row) : pluginChanged(row)
  if (row.status === 'disabled') return refused(plugin, 'plugin_disabled', 'is disabled in this company')
  if (row.status === 'installed') return refused(plugin, 'plugin_not_installed', 'waits for the approval of what it asks for')
  if (row.status === 'uninstalled') return refused(plugin, 'plugin_not_installed', 'was uninstalled in this company')
  return refused(plugin, 'plugin_unavailable', `was stopped (${row.reason ?? row.status})`)
}

/** What is wrong with the configuration that a plugin has in a company; null when its schema takes it. Pure. */
export function whyUnconfigured(plugin: Facts, row: PluginTable | null): EngineError | null {
  try {
    configOf(plugin, row)
    return null
  } catch (error) {
    if (!EngineError.isInstance(error)) throw error
    return refused(plugin, 'plugin_unconfigured', `does not take the configuration that it has in this company. ${error.message}`)
  }
}

function isApproved(plugin: Facts, row: PluginTable): boolean {
  return plugin.kind === 'trusted' || row.capabilities_hash === plugin.capabilitiesHash
}

function refused({ id }: Facts, code: keyof typeof pluginErrors, what: string): EngineError {
  return new EngineError(pluginErrors[code], `The plugin ${id} ${what.replace(/\.$/, '')}.`, { details: { plugin: id } })
}

/** What a plugin is to a company in which it works. @throws why it does not */
export async function requireActive(db: Kysely<Database>, plugin: Facts, companyId: string): Promise<PluginTable | null> {
  const row = await findPluginByName(db, { companyId, plugin: plugin.id })
  const reason = whyInactive(plugin, row)
  if (reason) throw reason
  return row
}
