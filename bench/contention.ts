import { createEngine, type Storage } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import type { Client } from 'pg'

import { createOneStatementTwin, type OneStatementOptions } from './baseline/checkout-postgres.ts'
import { calibrate, interleave, type BenchOptions, type Measured, type Variant } from './lib/measure.ts'
import { openClient, seedPgTasks, withClient, withPostgres, type BenchServer, type PgSeed } from './lib/pg.ts'
import { engineOnPostgres, openTwin } from './lib/pg-variants.ts'
import { comparisonColumns, comparisonRow, problemsRow, type Bar, type Report, type Row } from './lib/report.ts'

const connections = 16
const warmUpOperations = 500
const calibrationOperations = 300
/** Faster than any variant here, for the number of tasks to prepare. */
const mostPerMs = 8
/** At most one notification in this time, milliseconds, as the storage does it. */
const coalesceMs = 5

const bars = {
  counters: { goal: 'B19', figure: 'rate', wants: 'at least', must: 0.8, stretch: 0.9, isStrict: false },
  notify: { goal: 'B28', figure: 'rate', wants: 'at least', must: 0.85, isStrict: false },
} satisfies Record<string, Bar>

interface Contender {
  readonly variant: Variant
  /** Whether it keeps the company's counts. */
  readonly counts: boolean
  readonly url: string
  close(): Promise<void>
}

/** B19, B28: what bookkeeping of the whole company and notifications cost 16 connections that check tasks out. */
export async function benchContention(options: BenchOptions): Promise<Report> {
  const rows = await withPostgres((server) => contentionRows(server, options))
  return { bench: `contention: checkout on Postgres with ${connections} connections`, columns: comparisonColumns, rows }
}

async function contentionRows(server: BenchServer, options: BenchOptions): Promise<Row[]> {
  const { rounds, ms } = options
  const most = ms * mostPerMs
  const seed = await seedPgTasks(server, warmUpOperations + calibrationOperations + rounds * most)
  const contenders = await openContenders(server, seed)
  const operations: number[] = []
  for (const { variant } of contenders) {
    await variant.run(warmUpOperations)
    operations.push(await calibrate(variant, { trial: calibrationOperations, ms, callers: connections, most }))
  }
  const variants = contenders.map(({ variant }) => variant)
  const measured = await interleave(variants, { rounds, operations })
  for (const contender of contenders) await contender.close()
  const before = await withClient(seed.url, countOf)
  const problems: string[] = []
  for (const [index, contender] of contenders.entries()) {
    const done = warmUpOperations + calibrationOperations + rounds * (operations[index] ?? 0)
    problems.push(...(await countProblems(contender, { before, done })))
  }
  return [...comparisonRows(measured), problemsRow('leases, events and counts', { goal: 'B19', figure: 'wrong counts', problems })]
}

/** In the order of `comparisonRows`. */
async function openContenders(server: BenchServer, seed: PgSeed): Promise<Contender[]> {
  const options = { server, seed, connections }
  const copy = (name: string) => server.copyDatabase(seed.url, name)
  return [
    await openRawContender('raw, without counters', { ...options, url: await copy('uncounted'), counts: false, notifies: false }),
    await openRawContender('raw', { ...options, url: await copy('counted'), counts: true, notifies: false }),
    await openNotifying('raw, notifying at most every 5 ms', { ...options, url: await copy('coalesced'), counts: true, notifies: false }),
    await openRawContender('raw, notifying in each transaction', { ...options, url: await copy('notified'), counts: true, notifies: true }),
    await openEngine('engine, without hints', { ...options, url: await copy('silent'), change: withoutHints }),
    await openEngine('engine, another process listening', { ...options, url: await copy('hinted'), change: (storage) => storage }),
  ]
}

interface ContenderOptions {
  readonly server: BenchServer
  readonly seed: PgSeed
  readonly connections: number
  readonly url: string
}

type RawOptions = ContenderOptions & OneStatementOptions & { onDone?: () => void }

async function openRawContender(name: string, options: RawOptions): Promise<Contender> {
  const { counts, notifies, url } = options
  const listener = await listenTo(url, 'bench')
  const twin = await openTwin({ ...options, name, create: (epoch) => createOneStatementTwin(epoch, { counts, notifies }) })
  return { variant: twin.variant, counts, url, close: async () => void (await Promise.all([twin.close(), listener.end()])) }
}

/** Tells listeners soon after a checkout, on a connection of its own. */
async function openNotifying(name: string, options: RawOptions): Promise<Contender> {
  const teller = await openClient(options.url)
  let isWaiting = false
  const notify = { name: 'notify', text: 'select pg_notify($1, $2)', values: ['bench', options.seed.companyId] }
  function tell() {
    isWaiting = false
    // The last one may come when the bench is over.
    teller.query(notify).catch(() => undefined)
  }
  function onDone() {
    if (!isWaiting) setTimeout(tell, coalesceMs)
    isWaiting = true
  }
  const contender = await openRawContender(name, { ...options, onDone })
  return { ...contender, close: async () => void (await Promise.all([contender.close(), teller.end()])) }
}

async function openEngine(name: string, options: ContenderOptions & { change: (storage: Storage) => Storage }): Promise<Contender> {
  const { url, change } = options
  const stopListening = await postgres(url)
    .open()
    .hints?.listen(() => undefined)
  const engine = await createEngine({ storage: change(postgres(url, { maxConnections: connections })) })
  const variant = engineOnPostgres(engine, { ...options, name })
  return { variant, counts: true, url, close: async () => void (await Promise.all([engine.stop(), stopListening?.()])) }
}

async function listenTo(url: string, channel: string): Promise<Client> {
  const client = await openClient(url)
  await client.query(`listen ${client.escapeIdentifier(channel)}`)
  return client
}

function withoutHints(storage: Storage): Storage {
  return { ...storage, open: () => ({ dialect: storage.open().dialect }) }
}

function comparisonRows([uncounted, raw, coalesced, notified, silent, hinted]: readonly Measured[]): Row[] {
  if (!uncounted || !raw || !coalesced || !notified || !silent || !hinted) throw new Error('a variant was not measured')
  return [
    comparisonRow(uncounted, { baseline: uncounted }),
    comparisonRow(raw, { baseline: uncounted, bars: { rate: bars.counters } }),
    comparisonRow(silent, { baseline: uncounted }),
    comparisonRow({ ...coalesced, name: `${coalesced.name}, against raw` }, { baseline: raw, bars: { rate: bars.notify } }),
    comparisonRow({ ...notified, name: `${notified.name}, against raw` }, { baseline: raw }),
    comparisonRow({ ...hinted, name: `${hinted.name}, against without hints` }, { baseline: silent, bars: { rate: bars.notify } }),
  ]
}

interface Counts {
  readonly leases: number
  readonly events: number
  readonly slots: number
  readonly counted: number
}

async function countOf(client: Client): Promise<Counts> {
  const { rows } = await client.query<Counts>(`
    select (select count(*)::int from engine.leases) as leases, (select count(*)::int from engine.events) as events,
      (select sum(live_runs)::int from engine.agents) as slots, (select sum(in_progress)::int from engine.company_counters) as counted`)
  const [counts] = rows
  if (!counts) throw new Error('the server counted nothing')
  return counts
}

async function countProblems({ variant, counts, url }: Contender, given: { before: Counts; done: number }): Promise<string[]> {
  const { before, done } = given
  const after = await withClient(url, countOf)
  const expected: Counts = {
    leases: before.leases + done,
    events: before.events + 3 * done,
    slots: before.slots + done,
    counted: before.counted + (counts ? done : 0),
  }
  const [found, wanted] = [JSON.stringify(after), JSON.stringify(expected)]
  return found === wanted ? [] : [`${variant.name}: ${found} instead of ${wanted}`]
}
