import { createEngine, type Engine } from '@engine/core'
import { DESTINATION_SPEC, type Destination } from '@engine/core/plugin'
import { postgres } from '@engine/storage-postgres'
import { z } from 'zod'

import { interleave, type BenchOptions, type Variant } from './lib/measure.ts'
import { openClient, withPostgres, type BenchServer } from './lib/pg.ts'
import { comparisonColumns, comparisonRow, problemsRow, type Bar, type Report } from './lib/report.ts'

const batch = 100
const mostRounds = 5
const bar: Bar = { goal: 'B22', figure: 'rate', wants: 'at least', must: 0.5, stretch: 0.8, isStrict: false }

/** Takes everything and does nothing with it. */
const nothing: Destination = {
  spec: DESTINATION_SPEC,
  type: 'nothing',
  title: 'Nothing',
  configSchema: z.strictObject({}),
  deliver: async () => ({ kind: 'delivered' }),
  test: async () => ({ checks: [] }),
}

/** B22: to send what waits in the outbox to a receiver that costs nothing, against rows that are deleted by the hundred. */
export async function benchOutbox({ rounds, ms }: BenchOptions): Promise<Report> {
  return withPostgres(async (server) => {
    const raw = await deletedRows(server)
    const engine = await sentDeliveries(server)
    const operations = Math.max(batch, Math.round(ms / batch) * batch * 2)
    const [baseline, measured] = await interleave([raw.variant, engine.variant], { rounds: Math.min(mostRounds, rounds), operations })
    if (!baseline || !measured) throw new Error('nothing was measured')
    const problems = await engine.problems()
    await raw.close()
    const rows = [
      comparisonRow(baseline, { baseline }),
      comparisonRow(measured, { baseline, bars: { rate: bar } }),
      problemsRow('deliveries and what was told of them', { goal: 'B22', figure: 'wrong counts', problems }),
    ]
    return { bench: 'outbox: what waits is sent on Postgres, each with its event', columns: comparisonColumns, rows }
  })
}

async function deletedRows(server: BenchServer) {
  const client = await openClient(await server.createDatabase('deleted'))
  await client.query('create table outbox (id bigint generated always as identity primary key, body jsonb not null)')
  const variant: Variant = {
    name: `rows deleted, ${batch} at a time`,
    serverCpuUs: server.cpuUs,
    prepare: async (operations) =>
      void (await client.query(`insert into outbox (body) select '{"a": 1}' from generate_series(1, $1::int)`, [operations])),
    async run(operations) {
      for (let left = operations; left > 0; left -= batch)
        await client.query({
          name: 'take',
          text: 'delete from outbox where id = any(array(select id from outbox order by id limit $1 for update skip locked)) returning id, body',
          values: [batch],
        })
    },
  }
  return { variant, close: () => client.end() }
}

async function sentDeliveries(server: BenchServer) {
  const url = await server.createDatabase('sent')
  const open = () => createEngine({ storage: postgres(url, { maxConnections: 10 }), destinations: [nothing] })
  const writer = await open()
  const { id: companyId } = await writer.companies.create({ name: 'Bench' })
  await writer.routes.create({ companyId, name: 'All', destinationType: nothing.type, events: ['task.created'] })
  let added = 0
  let sender: Engine | undefined
  const variant: Variant = {
    name: 'deliveries sent to nothing, by one process',
    serverCpuUs: server.cpuUs,
    async prepare(operations) {
      for (let left = operations; left > 0; left -= batch)
        await writer.tasks.createMany({ companyId, tasks: Array.from({ length: batch }, () => ({ title: 'A task' })) })
      added += operations
      sender = await open()
    },
    async run(operations) {
      const all = Promise.withResolvers<void>()
      let sent = 0
      sender?.on('delivery.delivered', () => {
        sent += 1
        if (sent === operations) all.resolve()
      })
      await sender?.start()
      await all.promise
    },
    finish: async () => sender?.stop(),
  }
  async function problems(): Promise<string[]> {
    const client = await openClient(url)
    const { rows } = await client.query<{ status: string; count: number }>(
      'select status, count(*)::int as count from engine.deliveries group by status',
    )
    const told = await client.query<{ count: number }>(`select count(*)::int as count from engine.events where type = 'delivery.delivered'`)
    await client.end()
    await writer.stop()
    const right = rows.length === 1 && rows[0]?.status === 'delivered' && rows[0].count === added && told.rows[0]?.count === added
    return right ? [] : [`${added} deliveries were added, but there are ${JSON.stringify(rows)} and ${told.rows[0]?.count} events`]
  }
  return { variant, problems }
}
