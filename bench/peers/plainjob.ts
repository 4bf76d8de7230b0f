import Connection from 'better-sqlite3'
import { better, defineQueue, defineWorker, JobStatus } from 'plainjob'

import type { Consumer } from '../lib/consumer.ts'

const type = 'bench'
const silent = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined }

export interface PlainPeer {
  consumer(workers: number): Consumer
  left(): number
  close(): void
}

/** plainjob as it comes: `synchronous = NORMAL`, so that a crash of the machine may lose what it has answered. */
export function openPlain(path: string): PlainPeer {
  const queue = defineQueue({ connection: better(new Connection(path)), logger: silent })
  return {
    consumer(count) {
      let workers: ReturnType<typeof defineWorker>[] = []
      let ended: Promise<unknown> = Promise.resolve()
      return {
        name: 'plainjob',
        add: async (jobs) =>
          void queue.addMany(
            type,
            Array.from({ length: jobs }, (_, number) => ({ number })),
          ),
        async start(onDone) {
          const options = { queue, logger: silent, pollIntervall: 10, onCompleted: () => onDone(1) }
          workers = Array.from({ length: count }, () => defineWorker(type, () => undefined, options))
          ended = Promise.all(workers.map((worker) => worker.start()))
        },
        async stop() {
          await Promise.all(workers.map((worker) => worker.stop()))
          await ended
        },
      }
    },
    left: () => queue.countJobs() - queue.countJobs({ status: JobStatus.Done }),
    close: () => queue.close(),
  }
}
