import { createApi, type Api } from '../api.ts'
import type { UserActor } from '../kernel/actor.ts'
import { EngineError } from '../kernel/errors.ts'
import { execute } from '../kernel/execute.ts'
import type { Host } from '../kernel/host.ts'
import type { JsonObject } from '../kernel/json.ts'
import type { LoadedPlugin } from '../kernel/plugins.ts'
import { requireActive } from '../plugins/active.ts'
import { pluginErrors } from '../plugins/errors.ts'
import { isoTime } from '../ports/clock.ts'
import type { AccessNotes } from '../secrets/notes.ts'
import { openReferences, type OpenedSecret } from '../secrets/open.ts'
import { createPluginLog } from './log.ts'
import { stateOutside } from './state.ts'
import type { PluginDefinition, PluginWorkContext } from './types.ts'

/** What runs a plugin: its definition, and what the rest of Engine knows of it. */
export interface RunningPlugin {
  readonly definition: PluginDefinition
  readonly loaded: LoadedPlugin
  /** Which values of secrets it got. */
  readonly noted: AccessNotes
}

interface Place {
  readonly companyId: string
  readonly signal: AbortSignal
}

/**
 * Lets a plugin do something in one company, outside of any transaction.
 * @throws why it does not work there, such as `plugin_disabled`
 */
export async function inCompany<Result>(
  host: Host,
  plugin: RunningPlugin,
  place: Place & { work(context: PluginWorkContext): Promise<Result> },
): Promise<Result> {
  const { loaded, definition } = plugin
  const { companyId, signal } = place
  const { row, config } = await requireActive(host.db, loaded, companyId)
  const note = (wanted: readonly OpenedSecret[]) => plugin.noted(host, { companyId, pluginId: row?.id ?? null }, wanted)
  const opened = await openReferences(host, { companyId, config, fields: loaded.secretFields, note })
  const owner = { plugin: definition.id, companyId }
  const now = () => isoTime(host.clock.now())
  const log = createPluginLog(host, owner, opened.redactor)
  try {
    return await place.work({
      companyId,
      // What was kept is an object, and references in it became texts.
      config: opened.config as JsonObject,
      now: now(),
      engine: engineOf(host, plugin, companyId),
      state: stateOutside(host.db, owner, now),
      log,
      signal,
    })
  } finally {
    await log.written()
  }
}

/** Who a plugin is when it calls operations by itself: nobody outside of this company. */
export function pluginActor({ definition }: RunningPlugin, companyId: string): UserActor {
  return { kind: 'user', id: `plugin:${definition.id}`, roles: { [companyId]: definition.role ?? 'operator' } }
}

/** All operations as the plugin; one that is isolated has those that it was granted. */
function engineOf(host: Host, plugin: RunningPlugin, companyId: string): Api {
  const { kind, id, capabilities } = plugin.loaded
  const run: typeof execute = (source, name, request) => {
    if (kind === 'trusted' || capabilities.operations.includes(name)) return execute(source, name, request)
    return Promise.reject(
      new EngineError(pluginErrors.capability_denied, `The plugin ${id} was not granted the operation ${name}.`, {
        details: { plugin: id, operation: name, granted: [...capabilities.operations] },
      }),
    )
  }
  return createApi(host, pluginActor(plugin, companyId), run)
}

/** Whether a plugin works in a company. */
export async function isActiveIn(host: Host, { loaded }: RunningPlugin, companyId: string): Promise<boolean> {
  return requireActive(host.db, loaded, companyId).then(
    () => true,
    () => false,
  )
}
