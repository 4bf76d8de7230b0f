import { hostname } from 'node:os'

import { createAdapterCatalog } from '../kernel/adapters.ts'
import { EngineError, kernelErrors } from '../kernel/errors.ts'
import { createLoop } from '../kernel/loop.ts'
import { createRedactor } from '../kernel/redactor.ts'
import { defaultSettings, type EngineSettings } from '../kernel/settings.ts'
import { createTracing } from '../kernel/tracing.ts'
import { coreRegistry } from '../core-registry.ts'
import type { LeasedRun, NodeBeat, RegisteredNode } from '../nodes/schema.ts'
import type { AgentAdapter } from '../ports/adapter.ts'
import { systemClock, type Clock } from '../ports/clock.ts'
import { silentLogger, type Logger } from '../ports/logger.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import { idsOf, type OpenedRun } from '../runs/open.ts'
import { engineVersion } from '../version.ts'
import { askOver } from './ask.ts'
import { executeRun } from './execute-run.ts'
import { createLeaseKeeper, type LeaseKeeper } from './lease-keeper.ts'
import { actorOf, endAll, isProbe, stopUnheld, type LiveRun, type LiveRuns } from './live-runs.ts'
import { createOutage, type Outage } from './outage.ts'
import { askedCallbacks } from './run-callbacks.ts'
import type { RunHost } from './run-host.ts'
import { asLeaseLost, createServer, type AskServer, type Server } from './server.ts'

type NodeSettings = Pick<EngineSettings, 'maxConcurrentRuns' | 'stopGraceMs' | 'stopMs' | 'abandonMs' | 'maxBlockedMs'>

export interface NodeOptions {
  /**
   * Where the server is, or how requests reach it. With an address, the leases of runs are renewed by a thread of their own, also
   * while the code of an adapter keeps the event loop from turning.
   */
  readonly server: URL | AskServer
  /** What `nodes.createKey` gave as `key`. */
  readonly key: string
  readonly adapters: readonly AgentAdapter[]
  /** How it is called in the list of workers; its machine and process id when left out. */
  readonly name?: string
  readonly logger?: Logger
  /** As of an engine. */
  readonly telemetry?: Telemetry
  readonly settings?: Partial<NodeSettings>
}

/** A machine that executes runs of a server, without its database (docs/nodes.md). */
export interface Node {
  /** Resolves when the server let this node go, or does not know it any more; the node has stopped then. */
  readonly letGo: Promise<void>
  /** Registers, and begins to take runs. @throws when the server does not answer, or refuses the key */
  start(): Promise<void>
  /** Takes nothing more, gives live runs some time to end by themselves, hands the rest back and signs off. */
  stop(): Promise<void>
}

interface Parts {
  readonly server: Server
  readonly clock: Clock
  readonly logger: Logger
  readonly settings: NodeSettings
  readonly outage: Outage
  readonly shared: Pick<RunHost, 'clock' | 'adapters' | 'redactors' | 'registry' | 'tracing'>
}

export function createNode(options: NodeOptions): Node {
  const { key, adapters, name, logger = silentLogger } = options
  const clock = systemClock
  const registry = coreRegistry()
  const settings = { ...defaultSettings, ...options.settings }
  const server = createServer(registry, options.server instanceof URL ? askOver(options.server) : options.server)
  const shared = {
    clock,
    adapters: createAdapterCatalog(adapters),
    redactors: new Map(),
    registry,
    tracing: createTracing(options.telemetry),
  }
  const parts: Parts = { server, clock, logger, settings, shared, outage: createOutage(clock, logger) }
  const letGo = Promise.withResolvers<void>()
  let work: Work | undefined
  return {
    letGo: letGo.promise,
    async start() {
      const machine = hostname()
      const described = { name: name ?? `${machine} ${process.pid}`, host: machine, pid: process.pid, engineVersion }
      const input = { key, ...described, adapters: adapters.map(({ type }) => type), capacity: settings.maxConcurrentRuns }
      // The server's answer to nodes.register, which is of this version or says that it is not.
      const registered = (await server.call('nodes.register', input, null)) as RegisteredNode
      const onLetGo = () => void work?.stop(0).then(letGo.resolve)
      const keeper = options.server instanceof URL ? keeperOf(parts, { registered, server: options.server }) : null
      work = createWork(parts, { registered, onLetGo, keeper })
      work.start()
    },
    stop: async () => work?.stop(settings.stopGraceMs),
  }
}

/** Renews at the server from a thread, at the route that everybody renews at. */
function keeperOf({ shared, clock, settings, logger }: Parts, given: { registered: RegisteredNode; server: URL }): LeaseKeeper | null {
  const { registered, server } = given
  const path = shared.registry.get('runs.heartbeat')?.definition.http?.[1]
  if (path === undefined) throw new Error('a lease has no route to be renewed at')
  const host = { clock, settings: { leaseMs: registered.leaseMs, maxBlockedMs: settings.maxBlockedMs } }
  return createLeaseKeeper(host, { kind: 'server', address: server.href, path }, logger)
}

interface WorkOptions {
  readonly registered: RegisteredNode
  readonly keeper: LeaseKeeper | null
  onLetGo(): void
}

interface Work {
  start(): void
  stop(graceMs: number): Promise<void>
}

/** What a node does while it is registered: takes runs, executes them, and hears which of them it still has. */
function createWork(parts: Parts, { registered, keeper, onLetGo }: WorkOptions): Work {
  const { server, clock, logger, settings, outage } = parts
  const { credential, pollMs, beatMs } = registered
  const live = new Map<string, LiveRun>()
  const leasing = createLoop({ name: 'leasing', pass: outage.over('leasing', lease), pollMs, clock, logger })
  const beating = createLoop({ name: 'beating', pass: outage.over('beating', beat), pollMs: beatMs, clock, logger })
  /** What it was given and may still have a lease for, also when its end could not be told: what it does not name is given again. */
  const known = new Set<string>()
  let isActive = true
  let stopped: Promise<void> | undefined

  async function lease(): Promise<boolean> {
    const free = settings.maxConcurrentRuns - live.size
    if (!isActive || free <= 0) return false
    const claimedAt = clock.monotonicMs()
    // The server's answer to nodes.lease.
    const input = { limit: Math.min(free, 100), knownRunIds: [...known] }
    const { runs } = (await server.call('nodes.lease', input, credential)) as { runs: LeasedRun[] }
    for (const leased of runs) begin(leased, claimedAt)
    return false
  }

  function begin(leased: LeasedRun, claimedAt: number): void {
    known.add(leased.run.id)
    const stop = new AbortController()
    const host = remoteRunHost(parts, { leased, registered })
    const how = { stop, logger, claimedAt, keeper: keeper && holdingWith(keeper, leased), isProbe: isProbe(leased.run) }
    const done = executeRun(host, actorOf(leased.run), how).finally(() => {
      live.delete(leased.run.id)
      leasing.wake()
    })
    live.set(leased.run.id, { stop, done })
  }

  async function beat(): Promise<boolean> {
    const before = [...known]
    const { status, runIds } = await hear(server, credential, live)
    for (const runId of before) if (!runIds.has(runId)) known.delete(runId)
    isActive = status === 'active'
    if (status === 'let_go') onLetGo()
    return false
  }

  async function shutDown(graceMs: number): Promise<void> {
    isActive = false
    await leasing.stop()
    await endAll(clock, live, graceMs)
    await Promise.all([beating.stop(), keeper?.stop()])
    // Where nobody answers, or nobody knows it, its silence tells.
    await server.call('nodes.leave', {}, credential).catch(() => undefined)
  }

  return {
    start() {
      beating.start()
      leasing.start()
    },
    stop: (graceMs) => (stopped ??= shutDown(graceMs)),
  }
}

interface Heard {
  readonly status: NodeBeat['status'] | 'let_go'
  readonly runIds: ReadonlySet<string>
}

/** Renews with what this run comes to the server with. */
function holdingWith(keeper: LeaseKeeper, { credential }: LeasedRun): LeaseKeeper {
  return { ...keeper, hold: (actor) => keeper.hold(actor, credential) }
}

/** Gives a sign of life, and stops what this node has no lease for any more: all, when the server does not let it in. */
async function hear(server: Server, credential: string, live: LiveRuns): Promise<Heard> {
  const started = [...live]
  try {
    // The server's answer to nodes.heartbeat.
    const { status, runIds } = (await server.call('nodes.heartbeat', {}, credential)) as NodeBeat
    const held = new Set(runIds)
    stopUnheld(started, held)
    return { status, runIds: held }
  } catch (error) {
    if (!EngineError.isInstance(error) || error.kind !== 'unauthenticated') throw error
    stopUnheld([...live], new Set())
    return { status: 'let_go', runIds: new Set() }
  }
}

interface Remote {
  readonly leased: LeasedRun
  readonly registered: RegisteredNode
}

/** One run of the server, which acts with its own credential. */
function remoteRunHost(parts: Parts, { leased, registered }: Remote): RunHost {
  const { server, clock } = parts
  const { leaseMs, pollMs, credential } = registered
  const perform: RunHost['perform'] = async (actor, { name, input }) => {
    try {
      return await server.call(name, input, leased.credential)
    } catch (error) {
      throw asLeaseLost(actor, error)
    }
  }
  return {
    ...parts.shared,
    settings: { ...parts.settings, leaseMs },
    perform,
    // What became of it meanwhile is said by the first call.
    open: async () => openedRun(parts, leased),
    callbacks: (actor, ended) => {
      const ask = (after: number) => perform(actor, { name: 'runs.nextCallback', input: { runId: actor.id, after } })
      return askedCallbacks({ clock, pollMs, ask }, ended)
    },
    // The run's own credential opens nothing any more.
    recordLateUsage: (_actor, input) => server.call('nodes.recordUsage', input, credential),
  }
}

/** @throws why the server could not open it */
function openedRun({ shared }: Parts, { run, setup, failure }: LeasedRun): OpenedRun {
  if (setup) return { ...setup, redactor: createRedactor(setup.secrets, idsOf(actorOf(run))) }
  const definition = shared.registry.errors.find(({ code }) => code === failure?.code) ?? kernelErrors.internal
  throw new EngineError(definition, failure?.message ?? 'The server gave nothing to begin this run with.')
}
