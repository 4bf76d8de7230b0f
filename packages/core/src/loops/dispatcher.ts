import { runRefusalOf } from '../budgets/run-refusal.ts'
import { EngineError } from '../kernel/errors.ts'
import type { EventType } from '../kernel/events.ts'
import { executeAsEngine } from '../kernel/execute.ts'
import type { Host } from '../kernel/host.ts'
import { createLoop } from '../kernel/loop.ts'
import type { Logger } from '../ports/logger.ts'
import { runsHeldBy } from '../runs/lease.ts'
import type { Run } from '../runs/schema.ts'
import { executeRun } from './execute-run.ts'
import type { LeaseKeeper } from './lease-keeper.ts'
import { actorOf, endAll, isProbe, stopUnheld, type LiveRun, type LiveRuns } from './live-runs.ts'
import { createLookout, type Lookout } from './lookout.ts'
import { localRunHost } from './run-host.ts'

/** Events after which a run that was queued before may have become startable. */
const wakingEvents: readonly EventType[] = [
  'run.succeeded',
  'run.failed',
  'run.timed_out',
  'run.waiting',
  'run.cancelled',
  'run.lost',
  'task.status_changed',
  'review.completed',
  'agent.status_changed',
  'agent.updated',
  'company.status_changed',
  'company.updated',
  'company.strategy_approved',
  'breaker.closed',
]

export interface Dispatcher {
  start(): void
  /** Claims nothing more, gives live runs `graceMs` to end by themselves, then hands the rest back. */
  stop(graceMs: number): Promise<void>
  /** Runs being executed by this process. */
  readonly liveRuns: number
}

interface Worker {
  readonly id: string
  readonly logger: Logger
  /** Whether it takes new runs. */
  mayClaim(): boolean
  readonly keeper: LeaseKeeper | null
}

/** Claims queued runs up to this process's capacity and executes them. */
export function createDispatcher(host: Host, worker: Worker): Dispatcher {
  const runs = localRunHost(host)
  const live = new Map<string, LiveRun>()
  const claiming = new Map<string, Promise<void>>()
  const lookout = createLookout(host)
  const loop = createLoop({ ...host, name: 'dispatcher', pass, pollMs: host.settings.pollMs, logger: worker.logger })
  const hinted = () => {
    isHinted = true
    loop.wake()
  }
  const forget = hear(host, { lookout, live, isBusy: () => claiming.size + live.size > 0, wake: () => loop.wake(), hinted })
  let isHinted = false

  async function pass(): Promise<boolean> {
    if (isHinted) {
      isHinted = false
      lookout.lookAgain()
      await stopEnded(host, worker, live)
    }
    if (!worker.mayClaim()) return false
    const free = host.settings.maxConcurrentRuns - live.size - claiming.size
    if (free <= 0) return false
    for (const runId of await lookout.next(free, new Set([...claiming.keys(), ...live.keys()]))) claiming.set(runId, start(runId))
    return false
  }

  /** Claims a run and begins it, whatever becomes of other claims. */
  async function start(runId: string): Promise<void> {
    const claimedAt = host.clock.monotonicMs()
    const run = await claim(host, worker, runId)
    claiming.delete(runId)
    if (!run) {
      lookout.refused()
      // With nothing else found, looking again at once would find the same.
      return lookout.hasMore ? loop.wake() : undefined
    }
    const stop = new AbortController()
    const done = executeRun(runs, actorOf(run), { ...worker, stop, claimedAt, isProbe: isProbe(run) }).finally(() => {
      live.delete(run.id)
      loop.wake()
    })
    live.set(run.id, { stop, done })
    // There may be more of the same.
    loop.wake()
  }

  return {
    start: () => loop.start(),
    async stop(graceMs) {
      await loop.stop()
      await Promise.all(claiming.values())
      await endAll(host.clock, live, graceMs)
      for (const unsubscribe of forget) unsubscribe()
    },
    get liveRuns() {
      return live.size
    },
  }
}

interface Ears {
  readonly lookout: Lookout
  readonly live: LiveRuns
  isBusy(): boolean
  wake(): void
  hinted(): void
}

/** Hears what may let something start, and what ends a run of this process. @returns what makes each of it deaf again */
function hear({ bus }: Host, { lookout, live, isBusy, wake, hinted }: Ears): (() => void)[] {
  const mayStart = () => {
    lookout.mayFindMore()
    wake()
  }
  return [
    bus.on('run.queued', ({ entity, data }) => {
      // What is claimed or under way may be what keeps another run of its agent waiting, which came before it.
      if (isBusy()) lookout.lookAgain()
      else lookout.queued({ id: entity.id, agentId: data.agentId, availableAt: data.availableAt })
      wake()
    }),
    ...wakingEvents.map((type) => bus.on(type, mayStart)),
    ...(['cancelled', 'waiting'] as const).map((as) => bus.on(`run.${as}`, (event) => live.get(event.entity.id)?.stop.abort(as))),
    bus.onHint(hinted),
  ]
}

/** Stops what other processes ended: their events are not heard here, but their hint is. */
async function stopEnded(host: Host, worker: Worker, live: LiveRuns): Promise<void> {
  if (live.size === 0) return
  const started = [...live]
  stopUnheld(started, await runsHeldBy(host.db, worker.id))
}

async function claim(host: Host, worker: Worker, runId: string): Promise<Run | null> {
  try {
    const answer = await executeAsEngine(host, 'runs.claim', { runId, workerId: worker.id })
    // The registry's answer to runs.claim.
    const { run } = answer as { run: Run }
    // It would have gone in circles, and was cancelled.
    return run.status === 'running' ? run : null
  } catch (error) {
    // Somebody else was faster, or the facts changed since the query: the next pass sees them as they are.
    if (EngineError.isInstance(error) && error.kind === 'budget') return postpone(host, runId, error)
    if (EngineError.isInstance(error) && error.kind !== 'internal' && error.kind !== 'unavailable') return null
    worker.logger.error('a run could not be claimed', { runId, error: String(error) })
    return null
  }
}

/** Others hold what its budget has, or it will not be let start at all; it takes no place from runs that can start meanwhile. */
async function postpone(host: Host, runId: string, error: EngineError): Promise<null> {
  const input = { runId, refusal: runRefusalOf(error) }
  await executeAsEngine(host, 'runs.postpone', input).catch(() => undefined)
  return null
}
