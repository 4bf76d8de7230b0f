import { hostname } from 'node:os'

import { familyOf } from '../database/open.ts'
import type { Host } from '../kernel/host.ts'
import { systemClock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { ThreadAccess } from '../ports/storage.ts'
import { renewalTexts } from '../runs/renewal.ts'
import { engineVersion } from '../version.ts'
import type { WorkerDescription } from '../workers/schema.ts'
import { createDispatcher, type Dispatcher } from './dispatcher.ts'
import { createLeaseKeeper } from './lease-keeper.ts'
import type { LeaseAccess } from './lease-renewals.ts'
import { createPresence } from './presence.ts'

interface WorkerOptions {
  /** How it is called in the list; its machine and process id when left out. */
  readonly name: string | undefined
  /** How a thread of its own reaches the database, where the storage has a way. */
  readonly thread: ThreadAccess | undefined
  readonly logger: Logger
}

export interface EngineWorker extends Pick<Dispatcher, 'stop' | 'liveRuns'> {
  /** Resolves when it is among the workers: whoever started it may own the database for a while then. */
  start(): Promise<void>
}

/** This process as one that executes runs: it is listed, claims, executes, and keeps its leases. */
export function createWorker(host: Host, { name, thread, logger }: WorkerOptions): EngineWorker {
  const described = describe(host, name)
  const presence = createPresence(host, described, logger)
  // Another clock than the system's does not go on while the event loop is blocked.
  const keeper = thread && host.clock === systemClock ? createLeaseKeeper(host, ofDatabase(host, thread), logger) : null
  const dispatcher = createDispatcher(host, { id: described.workerId, logger, keeper, mayClaim: () => !presence.isDraining })
  return {
    async start() {
      dispatcher.start()
      await presence.start()
    },
    async stop(graceMs) {
      await dispatcher.stop(graceMs)
      await presence.stop()
      await keeper?.stop()
    },
    get liveRuns() {
      return dispatcher.liveRuns
    },
  }
}

function ofDatabase({ db }: Host, thread: ThreadAccess): LeaseAccess {
  return { kind: 'database', thread, family: familyOf(db), texts: renewalTexts(db) }
}

function describe(host: Host, name: string | undefined): WorkerDescription {
  const machine = hostname()
  return {
    workerId: host.newId(),
    name: name ?? `${machine} ${process.pid}`,
    host: machine,
    pid: process.pid,
    engineVersion,
    adapters: [...host.adapters.types],
    capacity: host.settings.maxConcurrentRuns,
  }
}
