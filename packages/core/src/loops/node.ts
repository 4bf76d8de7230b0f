import { hostname } from 'node:os'

import { createAdapterCatalog } from '../kernel/adapters.ts'
import { EngineError } from '../kernel/errors.ts'
import { createLoop } from '../kernel/loop.ts'
import { defaultSettings, type EngineSettings } from '../kernel/settings.ts'
import { createTracing } from '../kernel/tracing.ts'
import { coreRegistry } from '../core-registry.ts'
import type { LeasedRun, NodeBeat, RegisteredNode } from '../nodes/schema.ts'
import type { AgentAdapter } from '../ports/adapter.ts'
import { systemClock } from '../ports/clock.ts'
import { silentLogger, type Logger } from '../ports/logger.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import { engineVersion } from '../version.ts'
import { askOver } from './ask.ts'
import { executeRun } from './execute-run.ts'
import { createLeaseKeeper, type LeaseKeeper } from './lease-keeper.ts'
import { actorOf, endAll, isProbe, stopUnheld, type LiveRun, type LiveRuns } from './live-runs.ts'
import { createOutage, type Outage } from './outage.ts'
import { remoteRunHost, type Remote } from './remote-run-host.ts'
import { createServer, type AskServer, type Server } from './server.ts'

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
  /** Resolves when the server let this node go; the node has stopped then. One that was silent for too long registers anew instead. */
  readonly letGo: Promise<void>
  /** Registers, and begins to take runs. @throws when the server does not answer, or refuses the key */
  start(): Promise<void>
  /** Takes nothing more, gives live runs some time to end by themselves, hands the rest back and signs off. */
  stop(): Promise<void>
}

interface Parts extends Remote {
  readonly logger: Logger
  readonly settings: NodeSettings
  readonly outage: Outage
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
  async function register(renews?: string): Promise<RegisteredNode> {
    const machine = hostname()
    const described = { name: name ?? `${machine} ${process.pid}`, host: machine, pid: process.pid, engineVersion }
    const input = { key, renews, ...described, adapters: adapters.map(({ type }) => type), capacity: settings.maxConcurrentRuns }
    // The server's answer to nodes.register, which is of this version or says that it is not.
    return (await server.call('nodes.register', input, null)) as RegisteredNode
  }
  return {
    letGo: letGo.promise,
    async start() {
      const registered = await register()
      const onLetGo = () => void work?.stop(0).then(letGo.resolve)
      const keeper = options.server instanceof URL ? keeperOf(parts, { registered, server: options.server }) : null
      work = createWork(parts, { registered, register, onLetGo, keeper })
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
  /** Registers anew with the key, in the place of what came with this credential. @throws `unauthenticated` when it was let go */
  register(renews: string): Promise<RegisteredNode>
  onLetGo(): void
}

interface Work {
  start(): void
  stop(graceMs: number): Promise<void>
}

/** What a node does while it is registered: takes runs, executes them, and hears which of them it still has. */
function createWork(parts: Parts, { keeper, onLetGo, ...given }: WorkOptions): Work {
  const { server, clock, logger, settings, outage } = parts
  let { registered } = given
  const live = new Map<string, LiveRun>()
  // The server looks after its nodes by their beats.
  const seen = { clock, logger, vitals: null }
  const leasing = createLoop({ ...seen, name: 'leasing', pass: outage.over('leasing', lease), pollMs: registered.pollMs })
  const beating = createLoop({ ...seen, name: 'beating', pass: outage.over('beating', beat), pollMs: registered.beatMs })
  /** What it was given and may still have a lease for, also when its end could not be told: what it does not name is given again. */
  const known = new Set<string>()
  let isActive = true
  let stopped: Promise<void> | undefined

  async function lease(): Promise<boolean> {
    const limit = Math.min(settings.maxConcurrentRuns - live.size, 100)
    if (!isActive || limit <= 0) return false
    const claimedAt = clock.monotonicMs()
    for (const leased of await takeRuns(server, registered, { limit, knownRunIds: [...known] })) begin(leased, claimedAt)
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
    const heard = await hear({ server, registered, register: given.register }, live)
    registered = heard.registered
    for (const runId of before) if (!heard.runIds.has(runId)) known.delete(runId)
    isActive = heard.status === 'active'
    if (heard.status === 'let_go') onLetGo()
    return false
  }

  async function shutDown(graceMs: number): Promise<void> {
    isActive = false
    await leasing.stop()
    await endAll(clock, live, graceMs)
    await Promise.all([beating.stop(), keeper?.stop()])
    // Where nobody answers, or nobody knows it, its silence tells.
    await server.call('nodes.leave', {}, registered.credential).catch(() => undefined)
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
  /** Another one than before when it had to register anew. */
  readonly registered: RegisteredNode
}

/** Renews with what this run comes to the server with. */
function holdingWith(keeper: LeaseKeeper, { credential }: LeasedRun): LeaseKeeper {
  return { ...keeper, hold: (actor) => keeper.hold(actor, credential) }
}

async function takeRuns(server: Server, { credential }: RegisteredNode, wanted: object): Promise<LeasedRun[]> {
  // The server's answer to nodes.lease.
  const { runs } = (await server.call('nodes.lease', wanted, credential)) as { runs: LeasedRun[] }
  return runs
}

interface Voice extends Pick<WorkOptions, 'registered' | 'register'> {
  readonly server: Server
}

/** Gives a sign of life, and stops what this node has no lease for any more: all, when the server does not let it in. */
async function hear({ server, registered, register }: Voice, live: LiveRuns): Promise<Heard> {
  const started = [...live]
  try {
    // The server's answer to nodes.heartbeat.
    const { status, runIds } = (await server.call('nodes.heartbeat', {}, registered.credential)) as NodeBeat
    const held = new Set(runIds)
    stopUnheld(started, held)
    return { status, runIds: held, registered }
  } catch (error) {
    if (!isNotLetIn(error)) throw error
    stopUnheld([...live], new Set())
    return comeBack({ registered, register })
  }
}

/** A server that was away for long, or a machine that slept, has made the credential too old. A node that was let go stays so. */
async function comeBack({ registered, register }: Pick<WorkOptions, 'registered' | 'register'>): Promise<Heard> {
  try {
    return { status: 'active', runIds: new Set(), registered: await register(registered.credential) }
  } catch (error) {
    if (!isNotLetIn(error)) throw error
    return { status: 'let_go', runIds: new Set(), registered }
  }
}

function isNotLetIn(error: unknown): boolean {
  return EngineError.isInstance(error) && error.kind === 'unauthenticated'
}
