import { setTimeout } from 'node:timers/promises'

import { createEngine, type Engine } from '@engine/core'
import { DESTINATION_SPEC, type Destination } from '@engine/core/plugin'
import { postgres } from '@engine/storage-postgres'
import { z } from 'zod'

import { batch, drainByHand } from './baseline/outbox.ts'
import { interleave, type BenchOptions, type Variant } from './lib/measure.ts'
import { openClient, readEpoch, withClient, withPostgres, type BenchServer } from './lib/pg.ts'
import { comparisonColumns, comparisonRow, problemsRow, type Bar, type Report } from './lib/report.ts'
import { comparableText, differencesIn } from './lib/same-rows.ts'
import { unhurried } from './lib/units.ts'

const mostRounds = 5
/** Until the code is compiled and its claims have grown. */
const warmUpOperations = 2_000
const bars = {
  rate: { goal: 'B22', figure: 'rate', wants: 'at least', must: 0.5, stretch: 0.8, isStrict: false },
  rows: { goal: 'B22', figure: 'CPU against its rows', wants: 'at most', must: 2.5, isStrict: false },
} satisfies Record<string, Bar>

/** Takes everything and does nothing with it. */
const nothing: Destination = {
  spec: DESTINATION_SPEC,
  type: 'nothing',
  title: 'Nothing',
  configSchema: z.strictObject({}),
  deliver: async () => ({ kind: 'delivered' }),
  test: async () => ({ checks: [] }),
}

/**
 * B22: to send what waits in the outbox to a receiver that costs nothing, against rows that are deleted by the hundred; and against the
 * rows that it leaves, written by hand.
 */
export async function benchOutbox({ rounds, ms }: BenchOptions): Promise<Report> {
  return withPostgres(async (server) => {
    const deleted = await deletedRows(server)
    const byHand = await handWritten(server)
    const engine = await sentDeliveries(server)
    const variants = [deleted.variant, byHand.variant, engine.variant]
    await interleave(variants, { rounds: 1, operations: warmUpOperations })
    const operations = Math.max(batch, Math.round((ms * 20) / batch) * batch)
    const [baseline, rows, measured] = await interleave(variants, { rounds: Math.min(mostRounds, rounds), operations })
    if (!baseline || !rows || !measured) throw new Error('nothing was measured')
    const left = { byHand: await leftBy(byHand.url), engine: await leftBy(engine.url) }
    const problems = differencesIn(Object.entries(left.engine).map(([what, text]) => [what, text, left.byHand[what] ?? '']))
    await Promise.all([deleted.close(), byHand.close(), engine.close()])
    return {
      bench: 'outbox: what waits is sent on Postgres, each with its event',
      columns: comparisonColumns,
      rows: [
        comparisonRow(baseline, { baseline }),
        comparisonRow(rows, { baseline }),
        comparisonRow(measured, { baseline, bars: { rate: bars.rate } }),
        comparisonRow({ ...measured, name: `${measured.name}, against its rows by hand` }, { baseline: rows, bars: { cpu: bars.rows } }),
        problemsRow('deliveries, tries and events, of the engine and by hand', { goal: 'B22', figure: 'different rows', problems }),
      ],
    }
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

/** An engine that sends nothing yet, and what makes deliveries wait in its outbox. */
async function openOutbox(url: string) {
  const writer = await createEngine({ storage: postgres(url), destinations: [nothing] })
  const { id: companyId } = await writer.companies.create({ name: 'Bench' })
  const { id: routeId } = await writer.routes.create({ companyId, name: 'All', destinationType: nothing.type, events: ['task.created'] })
  async function fill(operations: number): Promise<void> {
    await writer.routes.enable({ routeId })
    for (let left = operations; left > 0; left -= batch)
      await writer.tasks.createMany({ companyId, tasks: Array.from({ length: Math.min(batch, left) }, () => ({ title: 'A task' })) })
    await withClient(url, (client) => client.query('vacuum analyze engine.deliveries, engine.events'))
  }
  return { writer, companyId, routeId, fill }
}

async function handWritten(server: BenchServer) {
  const url = await server.createDatabase('by_hand')
  const { writer, companyId, routeId, fill } = await openOutbox(url)
  const client = await openClient(url)
  const epoch = await readEpoch(client)
  const variant: Variant = {
    name: `the rows of deliveries by hand, ${batch} at a time`,
    serverCpuUs: server.cpuUs,
    prepare: fill,
    run: (operations) => drainByHand(client, { companyId, routeId, epoch, operations }),
  }
  return { variant, url, close: () => Promise.all([client.end(), writer.stop()]) }
}

async function sentDeliveries(server: BenchServer) {
  const url = await server.createDatabase('sent')
  const { writer, routeId, fill } = await openOutbox(url)
  let sender: Engine | undefined
  const variant: Variant = {
    name: 'deliveries sent to nothing, by one process',
    serverCpuUs: server.cpuUs,
    async prepare(operations) {
      await fill(operations)
      // What waits is held until the route is enabled again: the start of an engine is measured elsewhere.
      await writer.routes.disable({ routeId })
      sender = await createEngine({ storage: postgres(url, { maxConnections: 10 }), destinations: [nothing], settings: unhurried })
      await sender.start()
      await untilSealed(url)
    },
    async run(operations) {
      const all = Promise.withResolvers<void>()
      let sent = 0
      sender?.on('delivery.delivered', () => {
        sent += 1
        if (sent === operations) all.resolve()
      })
      await sender?.routes.enable({ routeId })
      await all.promise
    },
    finish: async () => sender?.stop(),
  }
  return { variant, url, close: () => writer.stop() }
}

/** Resolves when the sealer has seen what was prepared, which would otherwise be counted as the outbox's. */
async function untilSealed(url: string): Promise<void> {
  const left = 'select from engine.events where seq > coalesce((select max(last_seq) from engine.seals), 0) limit 1'
  await withClient(url, async (client) => {
    while ((await client.query(left)).rowCount !== 0) await setTimeout(50)
  })
}

/** What is in the database afterwards, without what differs from one to the other: counts, and the last delivery with its event. */
async function leftBy(url: string): Promise<Record<string, string>> {
  return withClient(url, async (client) => {
    const rowsOf = async (text: string) => comparableText((await client.query(text)).rows)
    const last = 'select id from engine.deliveries order by event_seq desc limit 1'
    return {
      deliveries: await rowsOf('select status, count(*)::int from engine.deliveries group by status'),
      'earlier tries': await rowsOf('select count(*)::int from engine.delivery_attempts'),
      events: await rowsOf(`select count(*)::int from engine.events where type = 'delivery.delivered'`),
      'the last delivery': await rowsOf(`select *, 0 as event_seq from engine.deliveries where id = (${last})`),
      'its event': await rowsOf(`select *, 0 as seq from engine.events where entity_id = (${last})`),
    }
  })
}
