import type { Kysely } from 'kysely'

import { createApi } from './api.ts'
import { openInstance } from './database/instance.ts'
import { migrate } from './database/migrate.ts'
import { migrations } from './database/migrations/index.ts'
import { openDatabase } from './database/open.ts'
import { placeOf } from './database/recognize.ts'
import type { Database } from './database/tables.ts'
import type { Engine, EngineWith } from './engine.ts'
import { streamEvents } from './events/stream.ts'
import { createJoin } from './join.ts'
import { systemActor } from './kernel/actor.ts'
import { createAdapterCatalog } from './kernel/adapters.ts'
import { createDestinationCatalog } from './kernel/destinations.ts'
import { guardBlobs } from './kernel/content.ts'
import { guardSecrets } from './kernel/secret-value.ts'
import { explained } from './kernel/constraints.ts'
import { guardEmbedder } from './kernel/embedding.ts'
import { EngineError, kernelErrors } from './kernel/errors.ts'
import { createBatcher } from './kernel/batcher.ts'
import { createCompanyTurns } from './kernel/company-turns.ts'
import { createEventBus, type AnyEvent } from './kernel/events.ts'
import { execute } from './kernel/execute.ts'
import type { Host, Probe } from './kernel/host.ts'
import { createHistogram, type Histogram } from './kernel/histogram.ts'
import { createIdGenerator } from './kernel/id.ts'
import { createLine } from './kernel/line.ts'
import type { Loop } from './kernel/loop.ts'
import type { PluginFiles } from './kernel/plugins.ts'
import { requireSpec } from './kernel/parts.ts'
import { guardPrices } from './kernel/price-book.ts'
import { createTracing } from './kernel/tracing.ts'
import { settingsOf, type EngineSettings } from './kernel/settings.ts'
import { authenticate, authenticateAll } from './keys/authenticate.ts'
import { createDeliverer } from './loops/deliverer.ts'
import { createDueLoops } from './loops/due.ts'
import { createEmbeddingLoop } from './loops/embedding.ts'
import { createPluginJobLoop } from './loops/plugin-jobs.ts'
import { createRoutineLoop } from './loops/routines.ts'
import { createSealing } from './loops/sealing.ts'
import { createSubscriptionLoop } from './loops/subscriptions.ts'
import { createWatchdog } from './loops/watchdog.ts'
import { createWorker } from './loops/worker.ts'
import { createMaintenance } from './maintenance.ts'
import { readHealth } from './observation/health.ts'
import { createCounters, readMetrics } from './observation/metrics.ts'
import { loadPlugins, preparePlugins } from './plugin-host/load.ts'
import type { PluginRuntime } from './plugin-host/runtime.ts'
import type { PluginDefinition } from './plugin-host/types.ts'
import type { AgentAdapter } from './ports/adapter.ts'
import { ANCHOR_SPEC, type AnchorStore } from './ports/anchor.ts'
import type { BlobStore } from './ports/blob-store.ts'
import { systemClock, type Clock } from './ports/clock.ts'
import type { Destination } from './ports/destination.ts'
import type { Embedder } from './ports/embedder.ts'
import { silentLogger, type Logger } from './ports/logger.ts'
import type { PriceBook } from './ports/prices.ts'
import type { SecretStore } from './ports/secret-store.ts'
import { STORAGE_SPEC, type Storage, type StorageSession } from './ports/storage.ts'
import type { Telemetry } from './ports/telemetry.ts'
import { followLog } from './runs/follow-log.ts'

export interface EngineOptions {
  readonly storage: Storage
  /** What this program adds to Engine (docs/plugins.md); their operations are methods of the engine. */
  readonly plugins?: readonly PluginDefinition[] | undefined
  readonly adapters?: readonly AgentAdapter[] | undefined
  /** The kinds of places that routes may send events to. */
  readonly destinations?: readonly Destination[] | undefined
  /** Where the bytes of attachments are kept; without one, uploads answer `blobs_unavailable`. */
  readonly blobs?: BlobStore | undefined
  /** Where seals of the log are remembered outside of the database; without one, nothing tells that its end was cut off (docs/audit.md). */
  readonly anchors?: AnchorStore | undefined
  /** What seals the values of secrets; without one, whatever needs them answers `secrets_unavailable`. */
  readonly secrets?: SecretStore | undefined
  /** What makes vectors of knowledge, so that it is found by its meaning too; without one, by its words. */
  readonly embedder?: Embedder | undefined
  /** What models cost this host; without one, list prices that come with Engine, and what companies set (docs/prices.md). */
  readonly prices?: PriceBook | undefined
  readonly logger?: Logger | undefined
  /** `import * as telemetry from '@opentelemetry/api'`: what happens becomes spans (docs/operations.md). */
  readonly telemetry?: Telemetry | undefined
  readonly clock?: Clock | undefined
  readonly settings?: Partial<EngineSettings> | undefined
  /** How this process is called among those that execute runs; its machine and process id when left out (docs/workers.md). */
  readonly workerName?: string | undefined
  /** Source of chance for retries, in [0, 1); tests hold it still. */
  readonly random?: (() => number) | undefined
  /** Makes the ids: UUIDv7s that sort as they were made. Tests that repeat a whole company give the same ones again. */
  readonly newId?: (() => string) | undefined
  /** Measures how long statements take, for `metrics()`; each costs a little more then. */
  readonly timesStatements?: boolean | undefined
  /** Holds every answer to its schema. For tests. */
  readonly checksOutputs?: boolean | undefined
  /** Told each step of each command by name, such as `tasks.checkout.recorded`. For tests that crash or wait at one. */
  readonly probe?: Probe | undefined
}

/**
 * Opens the storage, brings its schema up to date and gives the API. Nothing runs until `start()`.
 * @throws for what is no storage, no setting or no number; `schema_newer`, `schema_edited` when the database does not fit this code; it is left untouched
 */
export async function createEngine<const Plugins extends readonly PluginDefinition[] = readonly []>(
  options: EngineOptions & { readonly plugins?: Plugins | undefined },
): Promise<EngineWith<Plugins>> {
  const { logger = silentLogger, clock = systemClock, random = Math.random } = options
  const storage = storageOf(options)
  const settings = settingsOf(options.settings)
  const embedder = guardEmbedder(options.embedder, { clock, logger, settings, random })
  const { runtime, files, registry } = loadPlugins(options.plugins ?? [])
  const given = {
    adapters: createAdapterCatalog([...(options.adapters ?? []), ...added(runtime, 'adapters')]),
    destinations: createDestinationCatalog([...(options.destinations ?? []), ...added(runtime, 'destinations')]),
    blobs: guardBlobs(options.blobs),
    secrets: guardSecrets(options.secrets),
    prices: guardPrices(options.prices),
  }
  if (options.anchors) requireSpec('The anchor store', options.anchors, ANCHOR_SPEC)
  // What is wrong with all that is given is said before anything is opened.
  const session = storage.open()
  const statements = options.timesStatements ? createHistogram() : null
  const db = openDatabase(storage, session.dialect, statements ? (ms) => statements.observe(ms / 1000) : undefined)
  const { epoch, place } = await explained(() => prepare(db, { storage, logger, runtime })).catch(async (error: unknown) => {
    await db.destroy()
    throw error
  })
  const parts: Omit<Host, 'batcher'> = {
    db,
    registry,
    bus: createEventBus(logger),
    clock,
    ...given,
    plugins: runtime,
    guards: runtime.guards,
    redactors: new Map(),
    embedder,
    settings,
    checksOutputs: options.checksOutputs ?? false,
    epoch,
    turns: createCompanyTurns(),
    looks: createLine(),
    tracing: createTracing(options.telemetry),
    vitals: new Map(),
    probe: options.probe,
    newId: options.newId ?? createIdGenerator(() => clock.now()),
    random,
  }
  const { anchors, workerName } = options
  const host: Host = { ...parts, batcher: createBatcher(parts) }
  runtime.bind(host, logger)
  const engine = assemble(host, { storage, session, anchors, workerName, logger, place, statements, runtime, files })
  // The registry has the operations of these plugins, and the methods are made from it.
  return engine as EngineWith<Plugins>
}

/** @throws for what is no storage of this version, in words for whose program has no types */
function storageOf({ storage }: { readonly storage?: Storage }): Storage {
  if (storage?.spec === STORAGE_SPEC) return storage
  const needed = `such as sqlite('./engine.db') of @engine/storage-sqlite, or postgres(url) of @engine/storage-postgres`
  throw new Error(`createEngine needs a storage of the spec ${STORAGE_SPEC}, ${needed}.`)
}

function added<Part extends 'adapters' | 'destinations'>(
  runtime: PluginRuntime,
  part: Part,
): NonNullable<PluginDefinition[Part]>[number][] {
  return runtime.running.flatMap(({ definition }) => [...(definition[part] ?? [])])
}

/** Brings the schema up to date, and finds out whether this database was restored. @returns its epoch, and where it is */
async function prepare(
  db: Kysely<Database>,
  given: { storage: Storage; logger: Logger; runtime: PluginRuntime },
): Promise<{ epoch: number; place: string }> {
  const { storage, logger, runtime } = given
  const applied = await migrate(db, { schema: storage.schema, migrations })
  if (applied.length > 0) logger.info('migrated the database', { applied })
  await preparePlugins(db, { runtime, schema: storage.schema, logger })
  const { epoch, isRestored } = await openInstance(db)
  if (isRestored) logger.info('this database was restored: its open leases are over, and it begins a new epoch', { epoch })
  return { epoch, place: await placeOf(db) }
}

/** The stream of a company's events, for as long as its listener may listen. */
async function* stream(host: Host, given: Parameters<Engine['stream']>[0] & { stopping: AbortSignal }): AsyncGenerator<AnyEvent[]> {
  const { companyId, actor, after = 0, onListening, signal, stopping } = given
  const whoAsks = async () => (typeof actor === 'function' ? actor() : actor)
  const mayListen = async () => execute(host, 'events.list', { input: { companyId, limit: 1 }, call: { actor: await whoAsks() } })
  await mayListen()
  const until = AbortSignal.any([signal, stopping])
  for await (const events of streamEvents(host, { companyId, after, onListening, signal: until, pollMs: host.settings.pollMs })) {
    await mayListen()
    yield events
  }
}

interface Parts {
  readonly storage: Storage
  readonly session: StorageSession
  readonly anchors: AnchorStore | undefined
  readonly workerName: string | undefined
  readonly logger: Logger
  readonly place: string
  readonly statements: Histogram | null
  readonly runtime: PluginRuntime
  readonly files: PluginFiles
}

/** What an engine does by itself, beside executing runs. */
function createLoops(host: Host, { logger, anchors, runtime }: Parts): readonly Pick<Loop, 'start' | 'stop'>[] {
  const loops = [
    createWatchdog(host, logger),
    ...createDueLoops(host, logger),
    createRoutineLoop(host, logger),
    createDeliverer(host, logger),
    createSubscriptionLoop(host, runtime, logger),
    createPluginJobLoop(host, runtime, logger),
    createSealing(host, { logger, anchors }),
  ]
  return host.embedder ? [...loops, createEmbeddingLoop(host, host.embedder, logger)] : loops
}

function assemble(host: Host, given: Parts): Engine {
  const { logger, storage, session, place, runtime } = given
  const worker = createWorker(host, { name: given.workerName, thread: session.thread, logger })
  const loops = createLoops(host, given)
  const counters = createCounters(host.bus, given.statements)
  const stopping = new AbortController()
  const tellOthers = session.hints ? host.bus.onAny(({ companyId }) => session.hints?.notify(companyId)) : () => undefined
  let sweepsSince: number | null = null
  let listening: Promise<() => Promise<void>> | undefined
  let stopped: Promise<void> | undefined
  let isStopped = false

  async function shutDown(): Promise<void> {
    stopping.abort()
    tellOthers()
    await (
      await listening?.catch(() => undefined)
    )?.()
    for (const loop of loops) await loop.stop()
    await worker.stop(host.settings.stopGraceMs)
    await runtime.stop()
    isStopped = true
    await host.db.destroy()
  }

  const engine: Engine = {
    ...createApi(host, systemActor),
    ...createMaintenance(host, { storage, session, sweepsSince: () => sweepsSince }),
    registry: host.registry,
    tracing: host.tracing,
    pluginFiles: given.files,
    as: (actor) => createApi(host, actor),
    join: createJoin(host, { storage, dialect: session.dialect, place, isStopped: () => isStopped }),
    execute: (name, { input, ...call }) => execute(host, name, { input, call }),
    authenticate: (credential) => explained(() => authenticate(host, credential)),
    authenticateAll: (credentials) => explained(() => authenticateAll(host, credentials)),
    // A copy for each, since what a handler does to it would reach the engine's own listeners.
    on: (type, handler) => host.bus.on(type, (event) => handler(structuredClone(event))),
    stream: (options) => stream(host, { ...options, stopping: stopping.signal }),
    followLog: (options) => followLog(host, { ...options, signal: AbortSignal.any([options.signal, stopping.signal]) }),
    async start() {
      if (stopping.signal.aborted) throw new EngineError(kernelErrors.unavailable, 'This engine was stopped; create a new one.')
      listening ??= session.hints?.listen((companyId) => host.bus.hint(companyId))
      await listening
      await runtime.start()
      if (stopping.signal.aborted) return
      const entered = worker.start()
      for (const loop of loops) loop.start()
      sweepsSince ??= host.clock.monotonicMs()
      await entered
    },
    stop: () => (stopped ??= shutDown()),
    [Symbol.asyncDispose]: () => engine.stop(),
    health: () =>
      readHealth(host, { storage: storage.id, schema: storage.schema, liveRuns: worker.liveRuns, isStopping: stopping.signal.aborted }),
    metrics: () => explained(() => readMetrics(host, { counters, liveRuns: worker.liveRuns, file: session.file })),
  }
  return engine
}
