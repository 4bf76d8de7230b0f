import { z } from 'zod'

import { Id, IsoTime, jsonObject } from '../kernel/schema.ts'

export const PluginStatus = z.enum(['installed', 'ready', 'disabled', 'error', 'quarantined', 'uninstalled'])
export type PluginStatus = z.infer<typeof PluginStatus>

/** Where on the board a plugin can show something. */
export const PluginSlotName = z.enum(['task', 'agent', 'dashboard', 'settings', 'page'])
export type PluginSlotName = z.infer<typeof PluginSlotName>

const names = z.array(z.string().min(1).max(200)).max(100).default([])

/** What a plugin may reach outside of itself; everything else is refused to one that is not trusted. */
export const PluginCapabilities = z
  .strictObject({
    hosts: names.describe('Hosts that it may send requests to.'),
    secrets: names.describe('Fields of its configuration in which secrets may stand.'),
    operations: names.describe('Operations of Engine that it may call.'),
    events: names.describe('Types of events that it is told of.'),
    slots: z.array(PluginSlotName).default([]).describe('Places on the board where it shows something.'),
  })
  .meta({ id: 'PluginCapabilities' })
export type PluginCapabilities = z.infer<typeof PluginCapabilities>

const described = {
  plugin: z.string().describe('Its name, which its operations, events and tables begin with.'),
  title: z.string(),
  kind: z
    .enum(['trusted', 'isolated'])
    .describe('trusted: part of the program. isolated: a process of its own, with no more than its capabilities.'),
  capabilities: PluginCapabilities,
  capabilitiesHash: z.string().describe('SHA-256 of the capabilities as canonical JSON; what was approved is approved with this hash.'),
  ui: z.array(z.object({ slot: PluginSlotName, title: z.string(), entry: z.string() })).describe('What it shows on the board.'),
}

export const Plugin = z
  .object({
    id: Id.describe('Of this plugin in this company.'),
    companyId: Id,
    ...described,
    isLoaded: z.boolean().describe('False when this program does not have it.'),
    status: PluginStatus,
    versionLabel: z.string().describe('The version of the plugin that was installed.'),
    config: jsonObject.describe('Secrets stand in it as references.'),
    reason: z.string().nullable().describe('Why it is in error or quarantined, or does not take its configuration.'),
    webhooks: z.array(z.object({ name: z.string(), path: z.string() })),
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'Plugin' })
export type Plugin = z.infer<typeof Plugin>

export const KnownPlugin = z
  .object({
    ...described,
    versionLabel: z.string(),
    description: z.string(),
    configSchema: jsonObject.nullable().describe('JSON Schema of its configuration; null when it takes none.'),
    pluginId: Id.nullable().describe('Null while it was never installed in this company.'),
    status: PluginStatus.nullable(),
    isActive: z.boolean().describe('Whether it works in this company: a trusted plugin does until it is disabled or uninstalled.'),
  })
  .meta({ id: 'KnownPlugin' })

export const PluginSlot = z
  .object({
    plugin: z.string(),
    slot: PluginSlotName,
    title: z.string(),
    path: z.string().describe('Where its page is, below what the server is reached at; another one when a file of it is another.'),
    operations: z
      .array(z.object({ name: z.string(), route: z.string().describe('Method and path below /api.') }))
      .describe('All that the page may ask for: the operations of its plugin.'),
  })
  .meta({ id: 'PluginSlot' })
export type PluginSlot = z.infer<typeof PluginSlot>

export const PluginSubscription = z
  .object({
    subscription: z.string(),
    afterSeq: z.number().int().describe('The position in the log up to which it has everything.'),
    status: z.enum(['live', 'parked']),
    attempts: z.number().int().describe('How often the next event failed in a row.'),
    reason: z.string().nullable(),
    nextAt: IsoTime.nullable(),
  })
  .meta({ id: 'PluginSubscription' })
export type PluginSubscription = z.infer<typeof PluginSubscription>

export const PluginLogLevel = z.enum(['debug', 'info', 'warn', 'error'])
export type PluginLogLevel = z.infer<typeof PluginLogLevel>

export const PluginLogEntry = z
  .object({ id: Id, level: PluginLogLevel, message: z.string(), data: jsonObject.nullable(), at: IsoTime })
  .meta({ id: 'PluginLogEntry' })
