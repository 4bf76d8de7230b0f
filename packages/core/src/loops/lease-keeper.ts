import { MessageChannel, receiveMessageOnPort, Worker, type MessagePort } from 'node:worker_threads'

import type { RunActor } from '../kernel/actor.ts'
import type { Host } from '../kernel/host.ts'
import { createLoop } from '../kernel/loop.ts'
import type { EngineSettings } from '../kernel/settings.ts'
import { processMs, type Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import { leaseName, type KeptLease, type Lease } from './lease-name.ts'
import type { LeaseAccess } from './lease-renewals.ts'

/** Keeps the leases of live runs from a thread that the code of adapters and hosts can not block. */
export interface LeaseKeeper {
  /** `credential`: what the run comes to its server with, where there is one. */
  hold(run: RunActor, credential?: string): void
  drop(run: RunActor): void
  /** Since when, by the monotonic clock, a run has its lease for a whole term; `lost` when it has it no more, null when nothing is known. */
  renewedAt(run: RunActor): number | 'lost' | null
  stop(): Promise<void>
}

/** What the thread is started with. */
export interface KeeperData {
  readonly port: MessagePort
  readonly access: LeaseAccess
  readonly leaseMs: number
  readonly maxBlockedMs: number
}

export type ToThread =
  | ({ readonly kind: 'hold' } & KeptLease)
  | ({ readonly kind: 'drop' } & Lease)
  /** Nothing but a sign that the event loop turns. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'stop' }

export interface Renewed {
  /** By `processMs`. */
  readonly askedAt: number
  readonly renewed: readonly Lease[]
  readonly lost: readonly Lease[]
}

/** How long the thread may take to close its connection, milliseconds. */
const stopPatienceMs = 2_000

/** What keeping leases needs of an engine, or of a node. */
interface KeeperHost extends Pick<Host, 'clock'> {
  readonly settings: Pick<EngineSettings, 'leaseMs' | 'maxBlockedMs'>
}

/** The thread starts with the first lease. What it can not do is left to the process, which looks after each lease itself too. */
export function createLeaseKeeper(host: KeeperHost, access: LeaseAccess, logger: Logger): LeaseKeeper {
  const { clock, settings } = host
  const known = new Map<string, number | 'lost'>()
  let thread: Thread | null = null
  let mayStart = true
  const pollMs = Math.min(1_000, settings.maxBlockedMs / 4)
  const pulse = createLoop({ name: 'pulse', pass: tellAlive, pollMs, clock, vitals: null, logger })

  async function tellAlive(): Promise<boolean> {
    thread?.say({ kind: 'alive' })
    return false
  }

  function withoutThread(error: unknown): null {
    thread = null
    logger.warn('leases are renewed on the event loop only: there is no thread for it', { error: String(error) })
    return null
  }

  /** A process that may have no threads, as under Node's --permission, is told so here; what fails later, by its event. */
  function start(): Thread | null {
    mayStart = false
    try {
      const started = startThread(settings, access, withoutThread)
      pulse.start()
      return started
    } catch (error) {
      return withoutThread(error)
    }
  }

  return {
    hold({ id: runId, fence }, credential) {
      if (mayStart) thread = start()
      if (!thread) return
      known.set(leaseName({ runId, fence }), Number.NEGATIVE_INFINITY)
      thread.say({ kind: 'hold', runId, fence, credential: credential ?? null })
    },
    drop({ id: runId, fence }) {
      known.delete(leaseName({ runId, fence }))
      thread?.say({ kind: 'drop', runId, fence })
    },
    renewedAt({ id: runId, fence }) {
      for (const message of thread?.heard() ?? []) note(known, message, clock.monotonicMs() - (processMs() - message.askedAt))
      return known.get(leaseName({ runId, fence })) ?? null
    },
    async stop() {
      mayStart = false
      await pulse.stop()
      await thread?.stop(clock)
    },
  }
}

/** Notes for the leases that still are kept what became of them; `at` is when their renewal was asked for. */
function note(known: Map<string, number | 'lost'>, { renewed, lost }: Renewed, at: number): void {
  for (const name of renewed.map(leaseName)) if (known.has(name)) known.set(name, at)
  for (const name of lost.map(leaseName)) if (known.has(name)) known.set(name, 'lost')
}

interface Thread {
  say(message: ToThread): void
  /** What it has said since; also right after the event loop was blocked, before any of its timers. */
  heard(): Renewed[]
  stop(clock: Clock): Promise<void>
}

function startThread({ leaseMs, maxBlockedMs }: KeeperHost['settings'], access: LeaseAccess, onFailure: (error: unknown) => void): Thread {
  const { port1: port, port2 } = new MessageChannel()
  const workerData: KeeperData = { port: port2, access, leaseMs, maxBlockedMs }
  // As source beside this file; built, below the one file that this is part of.
  const file = import.meta.url.endsWith('.ts') ? './lease-thread.ts' : './loops/lease-thread.js'
  const worker = new Worker(new URL(file, import.meta.url), { workerData, transferList: [port2] })
  worker.on('error', onFailure)
  // Neither keeps a process alive that has nothing else to do.
  worker.unref()
  port.unref()
  let unsaid: ToThread[] = []
  function sayAll(): void {
    port.postMessage(unsaid)
    unsaid = []
  }
  return {
    say(message) {
      // What is said by runs that begin or end together goes together: each message wakes the thread. Before anything else has its
      // turn, since that may block the event loop.
      if (unsaid.length === 0) process.nextTick(sayAll)
      unsaid.push(message)
    },
    heard() {
      const messages: Renewed[] = []
      // The thread sends nothing else.
      for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) messages.push(next.message as Renewed)
      return messages
    },
    async stop(clock) {
      const ended = new Promise((resolve) => worker.once('exit', resolve))
      const patience = new AbortController()
      port.postMessage([{ kind: 'stop' }] satisfies ToThread[])
      await Promise.race([ended, clock.sleep(stopPatienceMs, patience.signal)])
      patience.abort()
      await worker.terminate()
    },
  }
}
