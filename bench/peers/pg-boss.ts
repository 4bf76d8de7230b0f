import { PgBoss } from 'pg-boss'

import { callersVariant } from '../lib/callers.ts'
import type { Consumer, Consuming } from '../lib/consumer.ts'
import { withClient, type BenchServer } from '../lib/pg.ts'

const queue = 'bench'
const rowsTogether = 1_000
const batchSize = 100
/** More of them meet at the same rows. */
const workers = 4

export interface BossPeer {
  readonly singly: Consuming
  /** Batches, fetched again at once while they come full. */
  readonly inBatches: Consumer
  left(): Promise<number>
  close(): Promise<void>
}

/** pg-boss without its maintenance and schedules, as the engine is measured without its loops. */
export async function openBoss(server: BenchServer, options: { connections: number; callers: number }): Promise<BossPeer> {
  const url = await server.createDatabase(`boss_${options.callers}`)
  const boss = new PgBoss({ connectionString: url, max: options.connections, supervise: false, schedule: false })
  await boss.start()
  await boss.createQueue(queue)
  async function add(count: number): Promise<void> {
    for (let added = 0; added < count; added += rowsTogether) {
      const jobs = Array.from({ length: Math.min(rowsTogether, count - added) }, (_, index) => ({ data: { number: added + index } }))
      await boss.insert(queue, jobs)
    }
    await withClient(url, (client) => client.query('vacuum analyze'))
  }
  return {
    singly: fetching(boss, { ...options, add, serverCpuUs: server.cpuUs }),
    inBatches: {
      name: `pg-boss work, batches of ${batchSize}`,
      serverCpuUs: server.cpuUs,
      add,
      async start(onDone) {
        const fast = { batchSize, burstWhenBatchFull: true, localConcurrency: workers, pollingIntervalSeconds: 0.5 }
        await boss.work(queue, fast, async (jobs) => onDone(jobs.length))
      },
      stop: () => boss.offWork(queue, { wait: true }),
    },
    left: () =>
      withClient(url, async (client) => {
        const { rows } = await client.query<{ left: number }>(`select count(*)::int as left from pgboss.job where state <> 'completed'`)
        return rows[0]?.left ?? Number.NaN
      }),
    close: () => boss.stop({ graceful: false }),
  }
}

interface Fetching {
  readonly callers: number
  readonly serverCpuUs: () => number | null
  add(count: number): Promise<void>
}

/** Each caller fetches one job and completes it, again and again. */
function fetching(boss: PgBoss, { callers, add, serverCpuUs }: Fetching): Consuming {
  const tally = { added: 0, done: 0 }
  const variant = callersVariant({
    name: 'pg-boss fetch and complete',
    callers,
    serverCpuUs,
    async call() {
      const [job] = await boss.fetch(queue)
      if (!job) return
      await boss.complete(queue, job.id)
      tally.done += 1
    },
  })
  return {
    ...variant,
    tally,
    async prepare(operations) {
      await add(operations)
      tally.added += operations
    },
  }
}
