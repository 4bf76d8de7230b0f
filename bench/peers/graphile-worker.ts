import { Logger, makeWorkerUtils, run, type Runner } from 'graphile-worker'

import type { Consumer } from '../lib/consumer.ts'
import { withClient, type BenchServer } from '../lib/pg.ts'

const task = 'bench'
const logger = new Logger(() => () => undefined)

export interface GraphilePeer {
  readonly consumer: Consumer
  /** A worker that stands ready; gives a function that adds one job. */
  ready(onStart: () => void): Promise<{ addJob: () => Promise<unknown>; stop: () => Promise<void> }>
  left(): Promise<number>
}

/** graphile-worker with its defaults: no local queue, each job completed by itself. */
export async function openGraphile(
  server: BenchServer,
  { connections, callers }: { connections: number; callers: number },
): Promise<GraphilePeer> {
  const connectionString = await server.createDatabase(`graphile_${callers}`)
  const utils = await makeWorkerUtils({ connectionString, logger })
  await utils.migrate()
  await utils.release()
  const options = { connectionString, concurrency: callers, maxPoolSize: connections, noHandleSignals: true, logger }
  const begin = (work: () => void) => run({ ...options, taskList: { [task]: async () => work() } })
  let runner: Runner | undefined
  async function add(count: number): Promise<void> {
    await withClient(connectionString, async (client) => {
      await client.query(
        `select graphile_worker.add_jobs(array(
           select json_populate_record(null::graphile_worker.job_spec, json_build_object('identifier', $1::text, 'payload', json_build_object('number', n)))
           from generate_series(1, $2::int) n))`,
        [task, count],
      )
      await client.query('vacuum analyze')
    })
  }
  return {
    consumer: {
      name: 'graphile-worker',
      serverCpuUs: server.cpuUs,
      add,
      async start(onDone) {
        runner = await begin(() => undefined)
        runner.events.on('job:complete', () => onDone(1))
      },
      stop: async () => runner?.stop(),
    },
    async ready(onStart) {
      const ready = await begin(onStart)
      return { addJob: () => ready.addJob(task, { number: 1 }), stop: () => ready.stop() }
    },
    left: () =>
      withClient(connectionString, async (client) => {
        const { rows } = await client.query<{ left: number }>('select count(*)::int as left from graphile_worker.jobs')
        return rows[0]?.left ?? Number.NaN
      }),
  }
}
