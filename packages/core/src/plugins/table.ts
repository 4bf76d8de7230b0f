import type { PluginLogLevel, PluginStatus, PluginSubscription } from './schema.ts'

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
  /** Which claim it is of those of the plugin in the company, 0 for what was there before they had numbers; null for what it keeps. */
  claim_number: number | null
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

export function toSubscription(row: PluginCursorTable): PluginSubscription {
  const { subscription, after_seq: afterSeq, status, attempts, reason, next_at: nextAt } = row
  return { subscription, afterSeq, status, attempts, reason, nextAt }
}
