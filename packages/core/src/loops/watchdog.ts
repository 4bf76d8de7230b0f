import { forgetEntries } from '../accounts/sql.ts'
import { executeAsEngine } from '../kernel/execute.ts'
import type { Host } from '../kernel/host.ts'
import { forgetAnswers, idempotencyKeptMs } from '../kernel/idempotency.ts'
import { createLoop, type Loop } from '../kernel/loop.ts'
import { isoTime } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import { forgetCallbacks } from '../runs/callbacks.ts'
import { expiredLeases } from '../runs/lease.ts'

/** How many sweeps are under way at once: a company that somebody has locked must not keep the others waiting. */
const mostAtOnce = 20
const dayMs = 86_400_000

/** Takes tasks back from runs whose lease ran out, each on its own, so that one bad row stops nothing; forgets old answers, callbacks and entries. */
export function createWatchdog(host: Host, logger: Logger): Loop {
  const sweeping = new Map<string, Promise<void>>()
  const loop = createLoop({ name: 'watchdog', pass, pollMs: host.settings.sweepMs, clock: host.clock, vitals: host.vitals, logger })

  async function pass(): Promise<boolean> {
    // Not in line with the others: nobody who hangs may keep a lost run's task.
    const leases = await expiredLeases(host.db, { now: isoTime(host.clock.now()), limit: mostAtOnce })
    for (const { run_id: runId } of leases) if (!sweeping.has(runId) && sweeping.size < mostAtOnce) sweeping.set(runId, sweep(runId))
    return host.looks(forget)
  }

  async function forget(): Promise<boolean> {
    const now = host.clock.now()
    const mayHaveAnswers = await forgetAnswers(host.db, isoTime(now - idempotencyKeptMs))
    const mayHaveCallbacks = await forgetCallbacks(host.db, isoTime(now - dayMs))
    return (await forgetEntries(host.db, isoTime(now - host.settings.accountLogDays * dayMs))) || mayHaveAnswers || mayHaveCallbacks
  }

  async function sweep(runId: string): Promise<void> {
    try {
      await executeAsEngine(host, 'runs.sweep', { runId })
      // There may be more than could be under way.
      if (sweeping.size === mostAtOnce) loop.wake()
    } catch (error) {
      logger.error('an expired lease could not be swept', { runId, error: String(error) })
    } finally {
      sweeping.delete(runId)
    }
  }

  return {
    ...loop,
    async stop() {
      await loop.stop()
      await Promise.all(sweeping.values())
    },
  }
}
