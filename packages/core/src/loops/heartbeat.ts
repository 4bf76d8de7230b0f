import type { RunActor } from '../kernel/actor.ts'
import { EngineError } from '../kernel/errors.ts'
import { execute } from '../kernel/execute.ts'
import type { Host } from '../kernel/host.ts'

/** The part of a lease after which a worker that could not renew it stops by itself. */
const giveUpAfter = 0.8

/**
 * Renews a run's lease until `signal` aborts, and aborts the run when it no longer may act: because the lease is lost,
 * or because it could not be renewed for so long that it may be lost elsewhere. The deadline is measured on the
 * monotonic clock. A jump of the wall clock can make a sweeper take a live lease back: that costs an attempt, never a
 * second owner (PROMISES P3, P25).
 */
export async function keepLease(host: Host, actor: RunActor, run: { ended: AbortSignal; abort: (reason: string) => void }): Promise<void> {
  const { leaseMs } = host.settings
  let renewedAt = host.clock.monotonicMs()
  while (!run.ended.aborted) {
    await host.clock.sleep(leaseMs / 3, run.ended)
    if (run.ended.aborted) return
    const askedAt = host.clock.monotonicMs()
    try {
      await execute(host, 'runs.heartbeat', { input: { runId: actor.id }, call: { actor } })
      renewedAt = askedAt
    } catch (error) {
      if (EngineError.isInstance(error) && error.code === 'lease_lost') return run.abort('lease_lost')
    }
    if (host.clock.monotonicMs() - renewedAt > leaseMs * giveUpAfter) return run.abort('lease_not_renewed')
  }
}
