import { executeAsEngine } from '../kernel/execute.ts'
import type { Host } from '../kernel/host.ts'
import { createLoop, type Loop } from '../kernel/loop.ts'
import type { Logger } from '../ports/logger.ts'
import type { WorkerDescription } from '../workers/schema.ts'

export interface Presence extends Pick<Loop, 'stop'> {
  /** Resolves when the worker is entered, or could not be: then it tries again. */
  start(): Promise<void>
  /** Whether this worker was told to take no new runs. */
  readonly isDraining: boolean
}

/** Enters this process among the workers, says now and then that it lives, hears what it is to be, and signs it off. */
export function createPresence(host: Host, worker: WorkerDescription, logger: Logger): Presence {
  const { workerId } = worker
  const loop = createLoop({ name: 'presence', pass, pollMs: host.settings.workerBeatMs, clock: host.clock, vitals: host.vitals, logger })
  const tried = Promise.withResolvers<void>()
  let isKnown = false
  let isDraining = false

  async function pass(): Promise<boolean> {
    await appear().finally(() => tried.resolve())
    return false
  }

  async function appear(): Promise<void> {
    if (isKnown) {
      // The registry's answer to workers.beat.
      const { status } = (await executeAsEngine(host, 'workers.beat', { workerId })) as { status: string }
      isDraining = status === 'draining'
      isKnown = status !== 'unknown'
    }
    if (!isKnown) await executeAsEngine(host, 'workers.register', worker)
    isKnown = true
  }

  return {
    async start() {
      loop.start()
      await tried.promise
    },
    async stop() {
      await loop.stop()
      if (!isKnown) return
      isKnown = false
      // Where nothing can be written at the moment, its silence will tell.
      await executeAsEngine(host, 'workers.leave', { workerId }).catch(() => undefined)
    },
    get isDraining() {
      return isDraining
    },
  }
}
