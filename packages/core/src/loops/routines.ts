import { executeAsEngine } from '../kernel/execute.ts'
import type { Host } from '../kernel/host.ts'
import { createLoop, type Loop } from '../kernel/loop.ts'
import { isoTime } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import { dueTriggers, type DueTrigger } from '../routines/sql.ts'

/** How many due triggers one look takes. */
const mostAtOnce = 500

/**
 * Fires schedules whose time has come, in as many processes as there are: each time is fired by a command that moves its trigger
 * on, so whoever comes second finds nothing. One company after the other is not waited for.
 */
export function createRoutineLoop(host: Host, logger: Logger): Loop {
  const ticking = new Map<string, Promise<void>>()
  const loop = createLoop({ name: 'routines', pass, pollMs: host.settings.sweepMs, clock: host.clock, vitals: host.vitals, logger })

  async function pass(signal: AbortSignal): Promise<boolean> {
    const triggers = await host.looks(() => dueTriggers(host.db, { now: isoTime(host.clock.now()), limit: mostAtOnce }))
    for (const [companyId, due] of Map.groupBy(triggers, (trigger) => trigger.company_id)) {
      if (!ticking.has(companyId)) ticking.set(companyId, tickAll(companyId, due, signal))
    }
    return false
  }

  async function tickAll(companyId: string, due: readonly DueTrigger[], signal: AbortSignal): Promise<void> {
    const ticked = await Promise.all(due.map(async (trigger) => !signal.aborted && (await tick(trigger))))
    ticking.delete(companyId)
    // A trigger that makes up for missed times is due again; one that fails waits for the next pass.
    if (ticked.some(Boolean)) loop.wake()
  }

  async function tick({ id: triggerId, company_id: companyId, next_at: scheduledFor }: DueTrigger): Promise<boolean> {
    try {
      await executeAsEngine(host, 'routines.tick', { companyId, triggerId, scheduledFor })
      return true
    } catch (error) {
      logger.error('a schedule could not be fired', { triggerId, scheduledFor, error: String(error) })
      return false
    }
  }

  return {
    ...loop,
    async stop() {
      await loop.stop()
      await Promise.all(ticking.values())
    },
  }
}
