import { findReplacement } from '../database/instance.ts'
import { readHistory } from '../database/history.ts'
import { readLoad } from '../database/load.ts'
import { migrations } from '../database/migrations/index.ts'
import { messageOf } from '../kernel/failure.ts'
import type { Host } from '../kernel/host.ts'
import type { LoopVital } from '../kernel/vitals.ts'
import { ageOf } from './metrics.ts'

/** One thing that has to be well. `warning`: calls are answered, and somebody should look. `failed`: they are not. */
export interface HealthCheck {
  readonly name: string
  readonly status: 'ok' | 'warning' | 'failed'
  /** What is wrong and what would help; null when nothing is. */
  readonly reason: string | null
}

export interface Health {
  readonly isReady: boolean
  readonly storage: string
  readonly liveRuns: number
  /** Why calls can not be answered, when they can not. */
  readonly problem: string | null
  readonly checks: readonly HealthCheck[]
}

interface Given {
  readonly storage: string
  readonly schema: string | undefined
  readonly liveRuns: number
  readonly isStopping: boolean
}

/** Deliveries that are due this long wait for something other than their turn. */
const lateDeliverySeconds = 120
/** A loop may miss some passes, and be held up for a while, before it counts as late, milliseconds. */
const patienceMs = 30_000
const missedPasses = 3

/** Looks at everything that calls and the work behind them need; each look is short, and none of them waits for another. */
export async function readHealth(host: Host, { storage, schema, liveRuns, isStopping }: Given): Promise<Health> {
  const checks = await Promise.all([
    check('database', () => findReplacement(host.db, host.epoch)),
    check('schema', async () => (await readHistory(host.db, { schema, migrations })).problem?.message ?? null),
    check('deliveries', () => findLag(host), 'warning'),
    check('blobs', async () => findUnwritable(host), 'warning'),
    ...[...host.vitals].map(([name, vital]) => check(`loop ${name}`, async () => findLateness(host, vital), 'warning')),
    check('stopping', async () => (isStopping ? 'This process is stopping: ask another one.' : null)),
  ])
  const problem = checks.find(({ status }) => status === 'failed')?.reason ?? null
  return { isReady: problem === null, storage, liveRuns, problem, checks }
}

async function check(name: string, find: () => Promise<string | null>, whenBad: 'warning' | 'failed' = 'failed'): Promise<HealthCheck> {
  const reason = await find().catch(messageOf)
  return { name, status: reason === null ? 'ok' : whenBad, reason }
}

async function findLag(host: Host): Promise<string | null> {
  const seconds = ageOf(host, await readLoad(host.db), 'deliveries')
  if (seconds < lateDeliverySeconds) return null
  return `A delivery is due for ${Math.round(seconds)} s. Its receiver may be slow, or no process has its kind of destination.`
}

async function findUnwritable({ blobs }: Host): Promise<string | null> {
  return (await blobs.problem?.()) ?? null
}

function findLateness({ clock }: Host, { lastMs, pollMs, failures, isStopped }: LoopVital): string | null {
  const silentMs = clock.monotonicMs() - lastMs
  if (isStopped) return 'It was stopped.'
  if (failures > 0) return `Its last ${failures === 1 ? 'pass' : `${failures} passes`} failed; the log says why.`
  if (silentMs <= Math.max(patienceMs, missedPasses * pollMs)) return null
  return `Its last pass ended ${Math.round(silentMs / 1000)} s ago, and there should be one each ${pollMs / 1000} s.`
}
