import { z } from 'zod'

import { EngineError } from '../kernel/errors.ts'
import { execute } from '../kernel/execute.ts'
import { systemActor } from '../kernel/actor.ts'
import type { Host } from '../kernel/host.ts'
import { canonicalJson, sha256, type JsonObject } from '../kernel/json.ts'
import type { Guard, LoadedPlugin, PluginCatalog } from '../kernel/plugins.ts'
import type { EngineModule } from '../kernel/registry.ts'
import { pluginErrors } from '../plugins/errors.ts'
import { PluginCapabilities } from '../plugins/schema.ts'
import type { Logger } from '../ports/logger.ts'
import { askPolicy } from './inside.ts'
import { toModule, type Running } from './operations.ts'
import type { PluginDefinition, PluginStartContext } from './types.ts'
import { inCompany, type RunningPlugin } from './work.ts'

/** The plugins of one engine, in the order in which they are started. */
export interface PluginRuntime extends PluginCatalog {
  readonly running: readonly RunningPlugin[]
  readonly modules: readonly EngineModule[]
  /** Aborts when the engine stops. */
  readonly signal: AbortSignal
  /** Gives the plugins what they run on. */
  bind(host: Host, logger: Logger): void
  /** @throws `plugin_start_failed`; those that were started are stopped again */
  start(): Promise<void>
  /** Stops them in reverse. Never rejects. */
  stop(): Promise<void>
}

/** Makes the runtime of plugins that were checked and are in order. */
export function createPluginRuntime(plugins: readonly PluginDefinition[]): PluginRuntime {
  const stopping = new AbortController()
  let bound: { host: Host; logger: Logger } | undefined
  const started: RunningPlugin[] = []

  function use() {
    if (!bound) throw new Error('the plugins of an engine are used before it is there')
    return bound
  }

  const inPlace: Running = {
    host: () => use().host,
    signal: stopping.signal,
    find(id) {
      const found = byId.get(id)
      if (!found) throw new Error(`there is no plugin ${id}`)
      return found
    },
  }
  const running = plugins.map((definition): RunningPlugin => {
    return { definition, loaded: describe(definition, (request) => receive(definition.id, request)) }
  })
  const byId = new Map(running.map((plugin) => [plugin.definition.id, plugin]))
  const guards = Map.groupBy(running.flatMap(guardsOf), ({ operation }) => operation)

  function guardsOf(plugin: RunningPlugin) {
    return Object.keys(plugin.definition.policies ?? {}).map((operation) => {
      const guard: Guard = (context, input) => askPolicy(use().host, plugin, { context, operation, input })
      return { operation, guard }
    })
  }

  async function receive(id: string, { companyId, name, ...request }: Parameters<LoadedPlugin['receive']>[0]): Promise<void> {
    const plugin = inPlace.find(id)
    const webhook = plugin.definition.webhooks?.[name]
    if (!webhook) throw new Error(`the plugin ${id} has no webhook ${name}`)
    const work = (context: Parameters<typeof webhook.handle>[0]) => webhook.handle(context, request)
    await inCompany(use().host, plugin, { companyId, signal: stopping.signal, work })
  }

  function startContext(plugin: RunningPlugin): PluginStartContext {
    const { host, logger } = use()
    return {
      log: logger,
      inCompany: (companyId, work) => inCompany(host, plugin, { companyId, signal: stopping.signal, work }),
      quarantine: (reason) => quarantine(host, plugin.definition.id, reason),
    }
  }

  async function stop(): Promise<void> {
    stopping.abort()
    for (const { definition } of started.splice(0).toReversed()) {
      await definition
        .stop?.()
        .catch((error: unknown) => use().logger.error(`the plugin ${definition.id} did not stop well`, { error: String(error) }))
    }
  }

  return {
    running,
    modules: plugins.map((plugin) => toModule(plugin, inPlace)),
    signal: stopping.signal,
    all: running.map(({ loaded }) => loaded),
    find: (id) => byId.get(id)?.loaded,
    guards: (operation) => guards.get(operation)?.map(({ guard }) => guard) ?? [],
    bind: (host, logger) => void (bound = { host, logger }),
    async start() {
      for (const plugin of running) {
        try {
          await plugin.definition.start?.(startContext(plugin))
          started.push(plugin)
        } catch (error) {
          await stop()
          const why = error instanceof Error ? error.message : String(error)
          throw new EngineError(pluginErrors.plugin_start_failed, `The plugin ${plugin.definition.id} did not start: ${why}`, {
            details: { plugin: plugin.definition.id },
            cause: error,
          })
        }
      }
    },
    stop,
  }
}

/** What the rest of Engine knows of a plugin. */
function describe(definition: PluginDefinition, receive: LoadedPlugin['receive']): LoadedPlugin {
  const { id, title = id, description = '', version, kind = 'trusted', configSchema = null } = definition
  const capabilities = PluginCapabilities.parse(definition.capabilities ?? {})
  return {
    id,
    title,
    description,
    version,
    kind,
    capabilities,
    capabilitiesHash: sha256(canonicalJson(capabilities)),
    configSchema,
    // zod's answer is a JSON Schema.
    configJsonSchema: configSchema && (z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as JsonObject),
    secretFields: definition.secretFields ?? [],
    subscriptions: Object.keys(definition.subscribe ?? {}),
    webhooks: Object.keys(definition.webhooks ?? {}),
    ui: definition.ui ?? [],
    receive,
  }
}

/** Stops a plugin in every company in which it is installed and works. */
async function quarantine(host: Host, plugin: string, reason: string): Promise<void> {
  const rows = await host.db.selectFrom('plugins').select(['id', 'company_id', 'status']).where('plugin', '=', plugin).execute()
  for (const { id: pluginId, status } of rows) {
    if (status !== 'ready' && status !== 'error') continue
    await execute(host, 'plugins.stop', { input: { pluginId, isQuarantined: true, reason }, call: { actor: systemActor } })
  }
}
