import type { LoadedPlugin } from '../kernel/plugins.ts'
import type { Plugin, PluginLogLevel, PluginStatus, PluginSubscription } from './schema.ts'

/** What a plugin is to one company. */
export interface PluginTable {
  id: string
  company_id: string
  plugin: string
  status: PluginStatus
  version_label: string
  capabilities: string
  capabilities_hash: string
  config: string
  reason: string | null
  version: number
  created_at: string
  updated_at: string
}

export interface PluginMigrationTable {
  plugin: string
  position: number
  id: string
  checksum: string
  applied_at: string
}

export interface PluginSubscriptionTable {
  plugin: string
  name: string
  /** Events up to this one were there before the subscription, which does not want them. */
  begins_after: number
  scanned_to: number
}

export interface PluginCursorTable {
  company_id: string
  plugin: string
  subscription: string
  after_seq: number
  /** The event that it was parked at. */
  parked_seq: number | null
  status: 'live' | 'parked'
  attempts: number
  /** Grows each time that something new is found for it, so that whoever ends its work sees that there is more. */
  marks: number
  fence: number
  /** When to look for what comes after its position; null while there is nothing. */
  next_at: string | null
  reason: string | null
  updated_at: string
}

export interface PluginJobTable {
  plugin: string
  name: string
  next_at: string
  fence: number
  attempts: number
}

export interface PluginStateTable {
  company_id: string
  plugin: string
  key: string
  value: string
  version: number
  updated_at: string
}

export interface PluginLogTable {
  id: string
  company_id: string
  plugin: string
  level: PluginLogLevel
  message: string
  data: string | null
  at: string
}

/** Shows a row; what this program does not have is shown as it was installed. */
export function toPlugin(row: PluginTable, loaded: LoadedPlugin | undefined): Plugin {
  return {
    id: row.id,
    companyId: row.company_id,
    plugin: row.plugin,
    title: loaded?.title ?? row.plugin,
    kind: loaded?.kind ?? 'isolated',
    capabilities: JSON.parse(row.capabilities),
    capabilitiesHash: row.capabilities_hash,
    ui: (loaded?.ui ?? []).map((slot) => ({ ...slot })),
    isLoaded: loaded !== undefined,
    status: row.status,
    versionLabel: row.version_label,
    config: JSON.parse(row.config),
    reason: row.reason,
    webhooks: (loaded?.webhooks ?? []).map((name) => ({ name, path: `/api/plugins/${row.id}/webhooks/${name}` })),
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

export function toSubscription(row: PluginCursorTable): PluginSubscription {
  const { subscription, after_seq: afterSeq, status, attempts, reason, next_at: nextAt } = row
  return { subscription, afterSeq, status, attempts, reason, nextAt }
}
