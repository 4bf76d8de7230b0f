import { z } from 'zod'

import { assertVersion } from '../kernel/change.ts'
import { command, type CommandContext, type PrepareContext } from '../kernel/command.ts'
import { ruleViolated, withoutCredential } from '../kernel/errors.ts'
import type { LoadedPlugin } from '../kernel/plugins.ts'
import { Id, jsonObject } from '../kernel/schema.ts'
import { requireActive } from './active.ts'
import {
  aboutPlugin,
  movePlugin,
  noteSecrets,
  pluginChanged,
  pluginRef,
  requestInstall,
  requireLoaded,
  requirePlugin,
  withdrawInstall,
} from './change.ts'
import { acceptConfig, configOf, requireSame } from './config.ts'
import { pluginMachine } from './machine.ts'
import { enterParked, resumeCursor, settleCursor } from './position.ts'
import { Plugin, PluginSubscription } from './schema.ts'
import { changePlugin, findPlugin, findPluginByName, wakeCursors } from './sql.ts'
import { toPlugin } from './show.ts'
import { toSubscription, type PluginTable } from './table.ts'
import { webhookBytes, webhookHeaders } from './webhook-headers.ts'

const managed = { scope: 'plugins:manage', company: 'plugin' } as const
const OnePlugin = z.strictObject({ pluginId: Id, version: z.number().int().optional() })

export const install = command({
  title: 'Install a plugin in a company',
  description:
    'A trusted plugin is ready at once. One that is isolated asks for an approval of type plugin_install first, which shows its capabilities; install it again when they change.',
  input: z.strictObject({ companyId: Id, plugin: z.string().min(1).max(64), config: jsonObject.optional() }),
  output: Plugin,
  access: { scope: 'plugins:manage', company: 'company' },
  http: ['POST', '/companies/:companyId/plugins'],
  creates: true,
  async handle(context, input) {
    const loaded = requireLoaded(context, input.plugin)
    const known = await findPluginByName(context.tx, { companyId: context.companyId, plugin: loaded.id })
    if (known && isInPlace(known, loaded)) {
      if (input.config !== undefined) requireSame(known, acceptConfig(loaded, input.config))
      context.unchanged()
      return toPlugin(known, loaded)
    }
    const status = loaded.kind === 'trusted' ? ('ready' as const) : ('installed' as const)
    // What was kept of one that was uninstalled is nothing.
    const config = JSON.stringify(input.config === undefined ? configOf(loaded, known) : acceptConfig(loaded, input.config))
    const row = known ? await installAgain(context, known, { loaded, status, config }) : await insert(context, loaded, { status, config })
    await noteSecrets(context, row)
    await wakeCursors(context.tx, { companyId: context.companyId, plugin: row.plugin, now: context.now })
    context.emit('plugin.installed', pluginRef(row), {
      ...aboutPlugin(row),
      status: row.status,
      capabilities: loaded.capabilities,
      capabilitiesHash: loaded.capabilitiesHash,
    })
    if (status === 'installed') await requestInstall(context, row, loaded)
    return toPlugin(row, loaded)
  },
})

function isInPlace(row: PluginTable, loaded: LoadedPlugin): boolean {
  if (row.status === 'uninstalled') return false
  return row.version_label === loaded.version && row.capabilities_hash === loaded.capabilitiesHash
}

interface Installing {
  readonly status: 'ready' | 'installed'
  readonly config: string
}

function columnsOf(loaded: LoadedPlugin, config: string) {
  return {
    version_label: loaded.version,
    capabilities: JSON.stringify(loaded.capabilities),
    capabilities_hash: loaded.capabilitiesHash,
    config,
  }
}

async function insert(context: CommandContext, loaded: LoadedPlugin, { status, config }: Installing): Promise<PluginTable> {
  const row: PluginTable = {
    id: context.newId(),
    company_id: context.companyId,
    plugin: loaded.id,
    status,
    ...columnsOf(loaded, config),
    reason: null,
    version: 1,
    created_at: context.now,
    updated_at: context.now,
  }
  await context.tx.insertInto('plugins').values(row).execute()
  return row
}

/** Another version of it, or one that was uninstalled: it begins again, without what was approved of another. */
async function installAgain(
  context: CommandContext,
  known: PluginTable,
  { loaded, status, config }: Installing & { loaded: LoadedPlugin },
): Promise<PluginTable> {
  const changes = columnsOf(loaded, config)
  if (status === known.status || (status === 'ready' && known.status !== 'uninstalled')) return changePlugin(context, known, changes)
  return movePlugin(context, known, { to: status, verb: 'install', changes })
}

export const configure = command({
  title: 'Configure a plugin in a company',
  input: z.strictObject({
    ...OnePlugin.shape,
    config: jsonObject.describe('In the place of the present one. Write {"secret": "NAME"} for a secret.'),
  }),
  output: Plugin,
  access: managed,
  http: ['PATCH', '/plugins/:pluginId'],
  async handle(context, input) {
    const row = await requirePlugin(context, input.pluginId)
    assertVersion('plugin', row, input.version)
    const loaded = requireLoaded(context, row.plugin)
    const config = JSON.stringify(acceptConfig(loaded, input.config))
    const next = await changePlugin(context, row, { config })
    await noteSecrets(context, next)
    // What waited for a configuration that the plugin takes goes on.
    await wakeCursors(context.tx, { companyId: context.companyId, plugin: row.plugin, now: context.now })
    context.emit('plugin.configured', pluginRef(next), { ...aboutPlugin(next), changed: Object.keys(input.config) })
    return toPlugin(next, loaded)
  },
})

export const enable = command({
  title: 'Let a plugin work again; its subscriptions go on where they were',
  input: OnePlugin,
  output: Plugin,
  access: managed,
  http: ['POST', '/plugins/:pluginId/enable'],
  async handle(context, input) {
    const row = await requirePlugin(context, input.pluginId)
    assertVersion('plugin', row, input.version)
    const loaded = requireLoaded(context, row.plugin)
    if (loaded.kind === 'isolated' && row.capabilities_hash !== loaded.capabilitiesHash) throw pluginChanged(row)
    return toPlugin(await movePlugin(context, row, { to: 'ready', verb: 'enable' }), loaded)
  },
})

export const disable = command({
  title: 'Stop a plugin in a company; nothing of it is lost',
  input: OnePlugin,
  output: Plugin,
  access: managed,
  http: ['POST', '/plugins/:pluginId/disable'],
  async handle(context, input) {
    const row = await requirePlugin(context, input.pluginId)
    assertVersion('plugin', row, input.version)
    return toPlugin(await movePlugin(context, row, { to: 'disabled', verb: 'disable' }), context.plugins.find(row.plugin))
  },
})

export const uninstall = command({
  title: 'Uninstall a plugin in a company; what it wrote stays',
  description: 'Its configuration is forgotten. It can be installed again, and finds what it wrote.',
  input: OnePlugin,
  output: Plugin,
  access: managed,
  http: ['POST', '/plugins/:pluginId/uninstall'],
  async handle(context, input) {
    const row = await requirePlugin(context, input.pluginId)
    assertVersion('plugin', row, input.version)
    const next = await movePlugin(context, row, { to: 'uninstalled', verb: 'uninstall', changes: { config: '{}' } })
    await withdrawInstall(context, next)
    return toPlugin(next, context.plugins.find(row.plugin))
  },
})

export const receive = command({
  title: 'Take a request of another system for a plugin',
  description: 'What the plugin makes of the request, such as its signature, is the credential; no other is needed.',
  input: z.strictObject({
    pluginId: Id,
    webhook: z.string().min(1).max(64),
    body: z.string().max(webhookBytes).describe('As it was sent, to the byte.'),
    headers: z.partialRecord(z.enum(webhookHeaders), z.string().max(4_096)),
  }),
  output: z.object({ isAccepted: z.literal(true) }),
  access: { scope: 'plugins:receive', company: 'plugin', carriesCredential: true },
  http: ['POST', '/plugins/:pluginId/webhooks/:webhook'],
  takesRequest: { headers: webhookHeaders, limit: webhookBytes },
  successes: ['accepted'],
  success: () => 'accepted',
  needsOwnTransaction: 'the plugin works outside of it, as long as it takes',
  async prepare(context, input): Promise<void> {
    const loaded = await requireWebhook(context, input)
    await requireActive(context.db, loaded, context.companyId)
    const { webhook: name, headers, body } = input
    const isGenuine = await loaded.receive({ companyId: context.companyId, name, headers, body })
    if (!isGenuine) throw withoutCredential('plugin')
  },
  async handle(context, { pluginId, webhook }) {
    const row = await requirePlugin(context, pluginId)
    context.emit('plugin.webhook_received', pluginRef(row), { ...aboutPlugin(row), webhook })
    return { isAccepted: true as const }
  },
})

/** @throws `not_found` for what takes no requests; nothing tells why not */
async function requireWebhook(
  context: PrepareContext,
  { pluginId, webhook }: { pluginId: string; webhook: string },
): Promise<LoadedPlugin> {
  const row = await findPlugin(context.db, pluginId)
  const loaded = row && context.plugins.find(row.plugin)
  if (!loaded?.webhooks.includes(webhook)) throw withoutCredential('plugin')
  return loaded
}

export const replay = command({
  title: 'Let a parked subscription of a plugin go on',
  description: 'It begins with the event that it was parked at, or behind it.',
  input: z.strictObject({
    pluginId: Id,
    subscription: z.string().min(1).max(64),
    skips: z.boolean().default(false).describe('Whether to leave out the event that it was parked at.'),
  }),
  output: PluginSubscription,
  access: managed,
  http: ['POST', '/plugins/:pluginId/replay'],
  async handle(context, { pluginId, subscription, skips }) {
    const row = await requirePlugin(context, pluginId)
    const cursor = await resumeCursor(context.tx, { row, subscription, now: context.now, skips })
    if (!cursor) throw ruleViolated(`The plugin ${row.plugin} has no subscription "${subscription}" that is parked in this company.`)
    context.emit('plugin.subscription_replayed', pluginRef(row), {
      ...aboutPlugin(row),
      subscription,
      seq: cursor.parkedAt,
      isSkipped: skips,
    })
    return toSubscription(cursor.row)
  },
})

const internal = { scope: 'engine:internal', company: 'plugin' } as const
const whenArchived = 'a plugin that fails there again and again is stopped there too'

export const stop = command({
  title: 'Stop a plugin that failed',
  input: z.strictObject({ pluginId: Id, isQuarantined: z.boolean(), reason: z.string().max(2_000) }),
  output: z.object({}),
  access: internal,
  whenArchived,
  async handle(context, { pluginId, isQuarantined, reason }) {
    const row = await requirePlugin(context, pluginId)
    const to = isQuarantined ? 'quarantined' : 'error'
    const verb = isQuarantined ? 'quarantine' : 'fail'
    if (pluginMachine.isLegal(row.status, to, verb)) await movePlugin(context, row, { to, verb, reason })
    else context.unchanged()
    return {}
  },
})

export const park = command({
  title: 'Park a subscription of a plugin at an event that it can not take',
  input: z.strictObject({
    companyId: Id,
    plugin: z.string(),
    subscription: z.string(),
    seq: z.number().int(),
    fence: z.number().int(),
    attempts: z.number().int(),
    reason: z.string().max(2_000),
  }),
  output: z.object({}),
  access: { scope: 'engine:internal', company: 'company' },
  whenArchived,
  async handle(context, { companyId, plugin, subscription, seq, fence, attempts, reason }) {
    const loaded = requireLoaded(context, plugin)
    const changes = { status: 'parked', parked_seq: seq, attempts, reason, next_at: null, updated_at: context.now } as const
    const key = { companyId, plugin, subscription }
    if (!(await settleCursor(context.tx, { key, fence, changes })) && !(await enterParked(context.tx, key, changes))) {
      context.unchanged()
      return {}
    }
    // A trusted plugin works without having been installed; whoever lets it go on needs something to name.
    const row =
      (await findPluginByName(context.tx, { companyId, plugin })) ?? (await insert(context, loaded, { status: 'ready', config: '{}' }))
    context.emit('plugin.subscription_parked', pluginRef(row), { ...aboutPlugin(row), subscription, seq, attempts, reason })
    return {}
  },
})
