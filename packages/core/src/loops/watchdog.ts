import { systemActor } from '../kernel/actor.ts'
import { execute } from '../kernel/execute.ts'
import type { Host } from '../kernel/host.ts'
import { forgetAnswers, idempotencyKeptMs } from '../kernel/idempotency.ts'
import { createLoop, type Loop } from '../kernel/loop.ts'
import { isoTime } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import { expiredLeases } from '../runs/lease.ts'

const batch = 100

/** Takes tasks back from runs whose lease ran out, each on its own, so that one bad row stops nothing; forgets old answers. */
export function createWatchdog(host: Host, logger: Logger): Loop {
  async function pass(): Promise<boolean> {
    const leases = await expiredLeases(host.db, { now: isoTime(host.clock.now()), limit: batch })
    let swept = 0
    for (const lease of leases) {
      try {
        await execute(host, 'runs.sweep', { input: { runId: lease.run_id }, call: { actor: systemActor } })
        swept += 1
      } catch (error) {
        logger.error('an expired lease could not be swept', { runId: lease.run_id, error: String(error) })
      }
    }
    const since = isoTime(host.clock.now() - idempotencyKeptMs)
    const hasMoreAnswers = await forgetAnswers(host.db, since)
    return swept === batch || hasMoreAnswers
  }
  return createLoop({ name: 'watchdog', pass, pollMs: host.settings.sweepMs, clock: host.clock, logger })
}
