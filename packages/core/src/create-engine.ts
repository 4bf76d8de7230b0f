import { Kysely } from 'kysely'

import { createApi } from './api.ts'
import { migrate } from './database/migrate.ts'
import { migrations } from './database/migrations/index.ts'
import type { Database } from './database/tables.ts'
import type { Engine } from './engine.ts'
import { streamEvents } from './events/stream.ts'
import { systemActor } from './kernel/actor.ts'
import { createAdapterCatalog } from './kernel/adapters.ts'
import { EngineError, kernelErrors } from './kernel/errors.ts'
import { createEventBus } from './kernel/events.ts'
import { execute, type Host } from './kernel/execute.ts'
import { createIdGenerator } from './kernel/id.ts'
import { createRegistry } from './kernel/registry.ts'
import { defaultSettings, type EngineSettings } from './kernel/settings.ts'
import { createDispatcher } from './loops/dispatcher.ts'
import { createWatchdog } from './loops/watchdog.ts'
import { coreModules } from './modules.ts'
import type { AgentAdapter } from './ports/adapter.ts'
import { systemClock, type Clock } from './ports/clock.ts'
import { silentLogger, type Logger } from './ports/logger.ts'
import type { Storage } from './ports/storage.ts'
import { authenticateRun } from './runs/authenticate.ts'

export interface EngineOptions {
  readonly storage: Storage
  readonly adapters?: readonly AgentAdapter[]
  readonly logger?: Logger
  readonly clock?: Clock
  readonly settings?: Partial<EngineSettings>
  /** Source of chance for retries, in [0, 1); tests hold it still. */
  readonly random?: () => number
  /** Holds every answer to its schema. For tests. */
  readonly checksOutputs?: boolean
}

/**
 * Opens the storage, brings its schema up to date and gives the API. Nothing runs until `start()`.
 * @throws `schema_newer`, `schema_edited` when the database does not fit this code; it is left untouched
 */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const { storage, logger = silentLogger, clock = systemClock } = options
  const db = new Kysely<Database>({ dialect: storage.createDialect() })
  try {
    const applied = await migrate(db, storage.family, migrations)
    if (applied.length > 0) logger.info('migrated the database', { applied })
  } catch (error) {
    await db.destroy()
    throw error
  }
  const host: Host = {
    db,
    registry: createRegistry(Object.values(coreModules), kernelErrors),
    bus: createEventBus(logger),
    clock,
    adapters: createAdapterCatalog(options.adapters ?? []),
    settings: { ...defaultSettings, ...options.settings },
    checksOutputs: options.checksOutputs ?? false,
    newId: createIdGenerator(() => clock.now()),
    random: options.random ?? Math.random,
  }
  return assemble(host, { storage, logger })
}

function assemble(host: Host, given: { storage: Storage; logger: Logger }): Engine {
  const { logger, storage } = given
  const workerId = `${process.pid}-${host.newId()}`
  const dispatcher = createDispatcher(host, { id: workerId, logger })
  const watchdog = createWatchdog(host, logger)
  const stopping = new AbortController()
  let stopped: Promise<void> | undefined

  async function shutDown(): Promise<void> {
    stopping.abort()
    await watchdog.stop()
    await dispatcher.stop(host.settings.stopGraceMs)
    await host.db.destroy()
  }

  const engine: Engine = {
    ...createApi(host, systemActor),
    registry: host.registry,
    as: (actor) => createApi(host, actor),
    execute: (name, { input, ...call }) => execute(host, name, { input, call }),
    authenticate: (credential) => authenticateRun(host.db, credential),
    on: (type, handler) => host.bus.on(type, handler),
    async *stream({ companyId, actor, after = 0, signal }) {
      const mayListen = () => execute(host, 'events.list', { input: { companyId, limit: 1 }, call: { actor } })
      await mayListen()
      const until = AbortSignal.any([signal, stopping.signal])
      for await (const events of streamEvents(host, { companyId, after, signal: until, pollMs: host.settings.pollMs })) {
        await mayListen()
        yield events
      }
    },
    async start() {
      if (stopping.signal.aborted) throw new EngineError(kernelErrors.unavailable, 'This engine was stopped; create a new one.')
      dispatcher.start()
      watchdog.start()
    },
    stop: () => (stopped ??= shutDown()),
    [Symbol.asyncDispose]: () => engine.stop(),
    async health() {
      const facts = { storage: storage.id, liveRuns: dispatcher.liveRuns }
      try {
        await host.db.selectFrom('engine_migrations').select('id').limit(1).execute()
        return { ...facts, isReady: true, problem: null }
      } catch (error) {
        return { ...facts, isReady: false, problem: error instanceof Error ? error.message : String(error) }
      }
    },
  }
  return engine
}
