import { createPostgresBackend, withBackend } from 'bullmq'

import type { Consumer } from '../lib/consumer.ts'
import { withClient, type BenchServer } from '../lib/pg.ts'

const name = 'bench'
const rowsTogether = 1_000

const backend = withBackend(createPostgresBackend)

export interface BullPeer {
  readonly consumer: Consumer
  left(): Promise<number>
  close(): Promise<void>
}

/** BullMQ with its backend for Postgres. */
export async function openBull(server: BenchServer, { connections, callers }: { connections: number; callers: number }): Promise<BullPeer> {
  const connectionString = await server.createDatabase(`bull_${callers}`)
  const connection = { connectionString, max: connections, migrate: true }
  const queue = new backend.Queue(name, { connection })
  await queue.waitUntilReady()
  async function add(count: number): Promise<void> {
    for (let added = 0; added < count; added += rowsTogether) {
      await queue.addBulk(Array.from({ length: Math.min(rowsTogether, count - added) }, (_, index) => ({ name, data: { number: index } })))
    }
    await withClient(connectionString, (client) => client.query('vacuum analyze'))
  }
  let close: (() => Promise<void>) | undefined
  return {
    consumer: {
      name: 'bullmq on Postgres',
      serverCpuUs: server.cpuUs,
      add,
      async start(onDone) {
        const worker = new backend.Worker(name, async () => undefined, { connection, concurrency: callers })
        worker.on('completed', () => onDone(1))
        close = () => worker.close()
        await worker.waitUntilReady()
      },
      stop: async () => close?.(),
    },
    async left() {
      const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'prioritized', 'failed')
      return Object.values(counts).reduce((sum, count) => sum + count, 0)
    },
    close: () => queue.close(),
  }
}
