import { aboutApproval, approvalRef, insertApproval, moveApproval } from '../approvals/change.ts'
import { findOpenApproval } from '../approvals/sql.ts'
import type { ApprovalTable } from '../approvals/table.ts'
import type { CommandContext } from '../kernel/command.ts'
import { EngineError, notFound, ruleViolated } from '../kernel/errors.ts'
import type { JsonObject } from '../kernel/json.ts'
import type { LoadedPlugin, PluginCatalog } from '../kernel/plugins.ts'
import { assertTransition } from '../kernel/transition.ts'
import { findReferences } from '../secrets/references.ts'
import { noteReferences } from '../secrets/uses.ts'
import { pluginErrors } from './errors.ts'
import { pluginMachine } from './machine.ts'
import type { PluginStatus } from './schema.ts'
import { changePlugin, findPlugin, wakeCursors } from './sql.ts'
import type { PluginTable } from './table.ts'

export async function requirePlugin(context: CommandContext, pluginId: string): Promise<PluginTable> {
  const row = await findPlugin(context.tx, pluginId)
  if (row?.company_id !== context.companyId) throw notFound('plugin', pluginId)
  return row
}

/** @throws `rule_violated` naming the plugins that this program has */
export function requireLoaded({ plugins }: { plugins: PluginCatalog }, id: string): LoadedPlugin {
  const loaded = plugins.find(id)
  if (loaded) return loaded
  const known = plugins.all.map((plugin) => plugin.id)
  const offer = known.length === 0 ? 'It was started without plugins.' : `It has: ${known.join(', ')}.`
  throw ruleViolated(`This program has no plugin "${id}". ${offer}`, { plugin: id, known })
}

type Verb = 'approve' | 'install' | 'enable' | 'disable' | 'fail' | 'quarantine' | 'uninstall' | 'dismiss'

interface Move {
  readonly to: PluginStatus
  readonly verb: Verb
  readonly reason?: string
  readonly changes?: Partial<PluginTable>
}

/** Moves a plugin along its machine and says so. What waits for it goes on where it was. @throws `illegal_transition` */
export async function movePlugin(context: CommandContext, row: PluginTable, move: Move): Promise<PluginTable> {
  assertTransition(pluginMachine, row.status, move)
  const { to, reason = null } = move
  const next = await changePlugin(context, row, { ...move.changes, status: to, reason })
  if (to === 'uninstalled') await noteSecrets(context, next)
  if (to === 'ready') await wakeCursors(context.tx, { companyId: context.companyId, plugin: row.plugin, now: context.now })
  context.emit('plugin.status_changed', pluginRef(next), { ...aboutPlugin(next), from: row.status, to, reason })
  return next
}

/** Keeps which secrets the configuration of a plugin names. */
export async function noteSecrets(context: CommandContext, row: PluginTable): Promise<void> {
  await noteReferences(context, { pluginId: row.id }, findReferences(JSON.parse(row.config), 'config'))
}

/** What an installation asks somebody to approve: all that the plugin may reach, with its hash. */
export async function requestInstall(context: CommandContext, row: PluginTable, loaded: LoadedPlugin): Promise<ApprovalTable> {
  const capabilities: JsonObject = { ...loaded.capabilities }
  const { id, title, version, description, capabilitiesHash } = loaded
  return insertApproval(context, {
    type: 'plugin_install',
    subject: row.id,
    payload: { plugin: id, title, version, description, capabilities, capabilitiesHash },
    reason: null,
    taskId: null,
    agentId: null,
  })
}

/** Takes the request back of a plugin that was uninstalled before anybody decided. */
export async function withdrawInstall(context: CommandContext, row: PluginTable): Promise<void> {
  const open = await findOpenApproval(context.tx, { companyId: context.companyId, type: 'plugin_install', subject: row.id })
  if (!open) return
  const next = await moveApproval(context, open, { to: 'cancelled', verb: 'cancel' })
  context.emit('approval.cancelled', approvalRef(next), { ...aboutApproval(next), note: 'plugin_uninstalled' })
}

/** Makes a plugin ready that waited for it. @throws `plugin_changed` when it asks for something else by now */
export async function approveInstall(context: CommandContext, payload: JsonObject, pluginId: string): Promise<void> {
  const row = await requirePlugin(context, pluginId)
  const { capabilitiesHash } = requireLoaded(context, row.plugin)
  if (payload['capabilitiesHash'] !== capabilitiesHash) throw pluginChanged(row)
  await movePlugin(context, row, { to: 'ready', verb: 'approve' })
}

export async function dismissInstall(context: CommandContext, pluginId: string): Promise<void> {
  const row = await requirePlugin(context, pluginId)
  if (row.status === 'installed')
    await movePlugin(context, row, { to: 'uninstalled', verb: 'dismiss', reason: 'not approved', changes: { config: '{}' } })
}

export function pluginChanged(row: PluginTable): EngineError {
  return new EngineError(
    pluginErrors.plugin_changed,
    `The plugin ${row.plugin} asks for other capabilities than were approved. Install it again and have them approved.`,
    { details: { plugin: row.plugin, approvedHash: row.capabilities_hash } },
  )
}

export function pluginRef(row: PluginTable) {
  return { type: 'plugin' as const, id: row.id, version: row.version }
}

export function aboutPlugin(row: PluginTable) {
  return { plugin: row.plugin, versionLabel: row.version_label }
}
