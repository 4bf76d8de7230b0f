import type { RunActor } from '../kernel/actor.ts'
import { EngineError } from '../kernel/errors.ts'
import type { LeaseKeeper } from './lease-keeper.ts'
import type { RunHost } from './run-host.ts'

/** The part of a lease after which a worker that could not renew it stops by itself. */
const giveUpAfter = 0.8

/** What no later renewal can mend. */
const endings: ReadonlySet<string> = new Set(['lease_lost', 'instance_replaced'])

/** What of a lease may pass since the thread renewed it, before the event loop does it itself. */
const trustsThread = 0.5

/**
 * Looks after a run's lease until it ended. A thread renews it where there is one; whenever that has not, this does. Aborts the run
 * when it no longer may act: because the lease is lost, or because it could not be renewed for so long that it may be lost
 * elsewhere, also when nobody answers. The deadline is measured on the monotonic clock, from before the lease was asked for. A jump
 * of the wall clock can make a sweeper take a live lease back: that costs an attempt, never a second owner (PROMISES P3, P25).
 */
export async function keepLease(
  host: RunHost,
  actor: RunActor,
  run: { claimedAt: number; ended: AbortSignal; abort: (reason: string) => void; keeper: LeaseKeeper | null },
): Promise<void> {
  const { clock, settings } = host
  const { leaseMs } = settings
  let renewedAt = run.claimedAt
  const remaining = () => renewedAt + leaseMs * giveUpAfter - clock.monotonicMs()
  while (!run.ended.aborted) {
    await clock.sleep(Math.max(0, Math.min(leaseMs / 3, remaining())), run.ended)
    if (run.ended.aborted) return
    const kept = run.keeper?.renewedAt(actor) ?? null
    if (kept === 'lost') return run.abort('lease_lost')
    if (kept !== null) renewedAt = Math.max(renewedAt, kept)
    if (remaining() <= 0) return run.abort('lease_not_renewed')
    if (kept !== null && clock.monotonicMs() - renewedAt < leaseMs * trustsThread) continue
    const askedAt = clock.monotonicMs()
    const answered = new AbortController()
    const silence = clock.sleep(remaining(), AbortSignal.any([answered.signal, run.ended])).then(() => 'failed' as const)
    const outcome = await Promise.race([renew(host, actor), silence])
    answered.abort()
    if (outcome === 'lost') return run.abort('lease_lost')
    if (outcome === 'renewed') renewedAt = askedAt
  }
}

async function renew(host: RunHost, actor: RunActor): Promise<'renewed' | 'lost' | 'failed'> {
  try {
    await host.perform(actor, { name: 'runs.heartbeat', input: { runId: actor.id } })
    return 'renewed'
  } catch (error) {
    return EngineError.isInstance(error) && endings.has(error.code) ? 'lost' : 'failed'
  }
}
