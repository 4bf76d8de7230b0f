import type { LoadedPlugin } from '../kernel/plugins.ts'
import { configuredOf } from './active.ts'
import { PluginCapabilities, type Plugin } from './schema.ts'
import type { PluginTable } from './table.ts'

/** Shows a row; what this program does not have is shown as it was installed. */
export function toPlugin(row: PluginTable, loaded: LoadedPlugin | undefined): Plugin {
  return {
    id: row.id,
    companyId: row.company_id,
    plugin: row.plugin,
    title: loaded?.title ?? row.plugin,
    kind: loaded?.kind ?? 'isolated',
    capabilities: PluginCapabilities.parse(JSON.parse(row.capabilities)),
    capabilitiesHash: row.capabilities_hash,
    ui: (loaded?.ui ?? []).map(({ slot, title, entry }) => ({ slot, title, entry })),
    isLoaded: loaded !== undefined,
    status: row.status,
    versionLabel: row.version_label,
    config: JSON.parse(row.config),
    reason: row.reason ?? (loaded && row.status === 'ready' ? (configuredOf(loaded, row).why?.message ?? null) : null),
    webhooks: (loaded?.webhooks ?? []).map((name) => ({ name, path: `/api/plugins/${row.id}/webhooks/${name}` })),
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
