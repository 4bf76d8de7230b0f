import { EngineError } from '../kernel/errors.ts'
import { executeAsEngine } from '../kernel/execute.ts'
import { messageOf } from '../kernel/failure.ts'
import type { Host } from '../kernel/host.ts'
import { configSchemaOf } from '../kernel/json-schema.ts'
import { canonicalJson, sha256 } from '../kernel/json.ts'
import type { Guard, Guards } from '../kernel/guard.ts'
import type { LoadedPlugin, PluginCatalog, ReceivedRequest } from '../kernel/plugins.ts'
import type { EngineModule } from '../kernel/registry.ts'
import { pluginErrors } from '../plugins/errors.ts'
import { PluginCapabilities } from '../plugins/schema.ts'
import type { Logger } from '../ports/logger.ts'
import { createAccessNotes } from '../secrets/notes.ts'
import { inTime } from './in-time.ts'
import { askPolicy } from './inside.ts'
import { routesOf, toModule, type Running } from './operations.ts'
import type { PluginDefinition, PluginStartContext } from './types.ts'
import { inCompany, type RunningPlugin } from './work.ts'

/** The plugins of one engine, in the order in which they are started. */
export interface PluginRuntime extends PluginCatalog {
  readonly running: readonly RunningPlugin[]
  readonly guards: Guards
  readonly modules: readonly EngineModule[]
  /** Gives the plugins what they run on. */
  bind(host: Host, logger: Logger): void
  /** @throws `plugin_start_failed`; those that were started are stopped again */
  start(): Promise<void>
  /** Stops them in reverse. Never rejects. */
  stop(): Promise<void>
}

interface Bound {
  readonly host: Host
  readonly logger: Logger
}

/** What the functions of this file share, for one engine. */
interface Shared {
  readonly byId: Map<string, RunningPlugin>
  readonly signal: AbortSignal
  use(): Bound
}

/** Makes the runtime of plugins that were checked and are in order. @param prefixes where the pages of each are given out */
export function createPluginRuntime(plugins: readonly PluginDefinition[], prefixes: ReadonlyMap<string, string>): PluginRuntime {
  const stopping = new AbortController()
  let bound: Bound | undefined
  let starting: Promise<void> | undefined
  const started: RunningPlugin[] = []
  const shared: Shared = {
    byId: new Map(),
    signal: stopping.signal,
    use() {
      if (!bound) throw new Error('the plugins of an engine are used before it is there')
      return bound
    },
  }
  const running = plugins.map((definition): RunningPlugin => {
    const prefix = prefixes.get(definition.id) ?? ''
    const loaded = describe(definition, { prefix, receive: (request) => receive(shared, definition.id, request) })
    return { definition, loaded, noted: createAccessNotes() }
  })
  for (const plugin of running) shared.byId.set(plugin.definition.id, plugin)
  const guards = Map.groupBy(
    running.flatMap((plugin) => guardsOf(shared, plugin)),
    ({ operation }) => operation,
  )
  const inPlace: Running = {
    host: () => shared.use().host,
    logger: () => shared.use().logger,
    signal: stopping.signal,
    find: (id) => findIn(shared, id),
  }

  async function stop(): Promise<void> {
    stopping.abort()
    await starting?.catch(() => undefined)
    await stopAll(shared, started.splice(0))
  }

  return {
    running,
    modules: plugins.map((plugin) => toModule(plugin, inPlace)),
    all: running.map(({ loaded }) => loaded),
    find: (id) => shared.byId.get(id)?.loaded,
    guards: (operation) => guards.get(operation)?.map(({ guard }) => guard) ?? [],
    bind: (host, logger) => void (bound = { host, logger }),
    start: () => (starting ??= startAll(shared, running, started)),
    stop,
  }
}

function findIn({ byId }: Shared, id: string): RunningPlugin {
  const found = byId.get(id)
  if (!found) throw new Error(`there is no plugin ${id}`)
  return found
}

function guardsOf(shared: Shared, plugin: RunningPlugin) {
  return Object.keys(plugin.definition.policies ?? {}).map((operation) => {
    const guard: Guard = (context, input) => askPolicy(shared.use().host, plugin, { context, operation, input })
    return { operation, guard }
  })
}

async function receive(shared: Shared, id: string, { companyId, name, ...request }: ReceivedRequest): Promise<boolean> {
  const plugin = findIn(shared, id)
  const webhook = plugin.definition.webhooks?.[name]
  if (!webhook) throw new Error(`the plugin ${id} has no webhook ${name}`)
  try {
    return await inCompany(shared.use().host, plugin, {
      companyId,
      signal: shared.signal,
      work: (context) => webhook.handle(context, request),
    })
  } catch (error) {
    if (EngineError.isInstance(error)) throw error
    throw new EngineError(pluginErrors.plugin_failed, `The plugin ${id} could not take this request. Send it again later.`, {
      details: { plugin: id },
      cause: error,
    })
  }
}

/** Starts plugins one after the other, and notes which. @throws `plugin_start_failed`; those that were started are stopped again */
async function startAll(shared: Shared, plugins: readonly RunningPlugin[], started: RunningPlugin[]): Promise<void> {
  for (const plugin of plugins) {
    const { id } = plugin.definition
    if (shared.signal.aborted) return
    try {
      await begin(shared, plugin)
      started.push(plugin)
    } catch (error) {
      await stopAll(shared, started.splice(0))
      throw new EngineError(pluginErrors.plugin_start_failed, `The plugin ${id} did not start: ${messageOf(error)}`, {
        details: { plugin: id },
        cause: error,
      })
    }
  }
}

/** How long a plugin may start before the log says for whom everything waits, milliseconds. */
const slowStartMs = 10_000

/** Lets a plugin start; one that has not when the engine is stopped is left behind. @throws what it throws, or that it is late */
async function begin(shared: Shared, plugin: RunningPlugin): Promise<void> {
  const { host, logger } = shared.use()
  const { id } = plugin.definition
  const over = new AbortController()
  const start = async () => plugin.definition.start?.(startContext(shared, plugin))
  const starting = start()
  void host.clock.sleep(slowStartMs, over.signal).then(() => {
    if (!over.signal.aborted) logger.warn('a plugin has not started yet, and the engine waits for it', { plugin: id })
  })
  const left = Promise.withResolvers<void>()
  const leave = () => left.resolve(inTime(host.clock, host.settings.stopGraceMs, starting))
  shared.signal.addEventListener('abort', leave, { once: true, signal: over.signal })
  try {
    await Promise.race([starting, left.promise])
  } finally {
    over.abort()
  }
}

async function stopAll(shared: Shared, started: readonly RunningPlugin[]): Promise<void> {
  const { host, logger } = shared.use()
  for (const { definition } of started.toReversed()) {
    const stop = async () => definition.stop?.()
    // Nothing else of the engine waits for a plugin that does not end.
    await inTime(host.clock, host.settings.stopGraceMs, stop()).catch((error: unknown) => {
      logger.error('a plugin did not stop well', { plugin: definition.id, error: String(error) })
    })
  }
}

function startContext(shared: Shared, plugin: RunningPlugin): PluginStartContext {
  const { host, logger } = shared.use()
  return {
    log: logger,
    inCompany: (companyId, work) => inCompany(host, plugin, { companyId, signal: shared.signal, work }),
    quarantine: (reason) => quarantine(host, plugin.definition.id, reason),
  }
}

/** What the rest of Engine knows of a plugin. */
function describe(definition: PluginDefinition, { prefix, receive }: Pick<LoadedPlugin, 'receive'> & { prefix: string }): LoadedPlugin {
  const { id, title = id, description = '', version, kind = 'trusted', configSchema = null, ui = [] } = definition
  const capabilities = PluginCapabilities.parse({ ...definition.capabilities, slots: ui.map(({ slot }) => slot) })
  return {
    id,
    title,
    description,
    version,
    kind,
    capabilities,
    capabilitiesHash: sha256(canonicalJson(capabilities)),
    configSchema,
    configJsonSchema: configSchema && configSchemaOf(configSchema),
    secretFields: definition.secretFields ?? [],
    subscriptions: Object.keys(definition.subscribe ?? {}),
    webhooks: Object.keys(definition.webhooks ?? {}),
    ui: ui.map(({ slot, title: shown, entry }) => ({ slot, title: shown, entry, path: `${prefix}${entry.slice(2)}` })),
    operations: routesOf(definition),
    receive,
  }
}

/** Stops a plugin in every company in which it is installed and works. */
async function quarantine(host: Host, plugin: string, reason: string): Promise<void> {
  const rows = await host.db.selectFrom('plugins').select(['id', 'company_id', 'status']).where('plugin', '=', plugin).execute()
  for (const { id: pluginId, status } of rows) {
    if (status !== 'ready' && status !== 'error') continue
    await executeAsEngine(host, 'plugins.stop', { pluginId, isQuarantined: true, reason })
  }
}
