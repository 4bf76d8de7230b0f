import { join } from 'node:path'

import { createEngine, type Engine } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'

import { handWorkOnPostgres, handWorkOnSqlite, type HandWork } from './lib/by-hand.ts'
import { consumerVariant, type Consuming } from './lib/consumer.ts'
import { calibrate, interleave, type BenchOptions, type Measured } from './lib/measure.ts'
import { postgresTarget, withPostgres, type BenchServer } from './lib/pg.ts'
import { comparisonColumns, comparisonRow, problemsRow, type Bar, type Report, type Row } from './lib/report.ts'
import { sqliteTarget, withFolder } from './lib/sqlite.ts'
import { pullingAgents, lastingRunsConsumer, seedWorkforce, workProblems, type Workforce } from './lib/workforce.ts'
import { openBoss } from './peers/pg-boss.ts'
import { openBull } from './peers/bullmq.ts'
import { openGraphile } from './peers/graphile-worker.ts'
import { openPlain } from './peers/plainjob.ts'

/** Each client has as many, whatever it does at once. */
const connections = 10
const mostRounds = 5
const leastOperations = 100
const trialOperations = 150
/** Faster than any of them here. */
const mostPerMs = 30

const rateBar = (goal: string, must: number, stretch: number): Bar => ({
  goal,
  figure: 'rate',
  wants: 'at least',
  must,
  stretch,
  isStrict: false,
})

/** B3 to B7: to claim work and be done with it, against queues of jobs. */
export async function benchClaims(options: BenchOptions): Promise<Report> {
  const given = { ...options, rounds: Math.min(mostRounds, options.rounds) }
  const onPostgres = await withPostgres(async (server) => [
    ...(await comparePg(server, { ...given, concurrency: 1, peers: [openGraphilePeer], bars: [rateBar('B5', 0.8, 1.2)] })),
    ...(await comparePg(server, {
      ...given,
      concurrency: 10,
      peers: [openBossSingly, openGraphilePeer, openBullPeer],
      bars: [rateBar('B3', 4, 6), rateBar('B5', 2.5, 3.5), rateBar('B6', 3, 4.5)],
    })),
    ...(await comparePg(server, {
      ...given,
      concurrency: 50,
      peers: [openBossInBatches],
      bars: [rateBar('B4', 0.9, 1.4)],
    })),
  ])
  const onSqlite = await withFolder(async (folder) => [
    ...(await compareSqlite(folder, { ...given, concurrency: 1, bar: rateBar('B7', 0.35, 0.5) })),
    ...(await compareSqlite(folder, { ...given, concurrency: 10, bar: rateBar('B7', 1.2, 1.8) })),
  ])
  const bench = `claims: to take work that waits and be done with it at once, ${connections} connections each`
  return { bench, columns: comparisonColumns, rows: [...onPostgres, ...onSqlite] }
}

/** Somebody to compare with. */
interface Peer {
  readonly variant: Consuming
  /** Work that it was given and is not done with. */
  left(): number | Promise<number>
  close(): unknown
}

async function openBossSingly(server: BenchServer, callers: number): Promise<Peer> {
  const boss = await openBoss(server, { connections, callers })
  return { ...boss, variant: boss.singly }
}

async function openBossInBatches(server: BenchServer, callers: number): Promise<Peer> {
  const boss = await openBoss(server, { connections, callers })
  return { ...boss, variant: consumerVariant(boss.inBatches) }
}

async function openGraphilePeer(server: BenchServer, callers: number): Promise<Peer> {
  const peer = await openGraphile(server, { connections, callers })
  return { variant: consumerVariant(peer.consumer), left: peer.left, close: () => undefined }
}

async function openBullPeer(server: BenchServer, callers: number): Promise<Peer> {
  const peer = await openBull(server, { connections, callers })
  return { ...peer, variant: consumerVariant(peer.consumer) }
}

interface PgComparison extends BenchOptions {
  readonly concurrency: number
  readonly peers: readonly ((server: BenchServer, callers: number) => Promise<Peer>)[]
  /** In the order of the peers. */
  readonly bars: readonly Bar[]
}

async function comparePg(server: BenchServer, given: PgComparison): Promise<Row[]> {
  const { concurrency } = given
  const peers: Peer[] = []
  for (const open of given.peers) peers.push(await open(server, concurrency))
  const pulled = await seedWorkforce(await postgresTarget(await server.createDatabase(`pulled_${concurrency}`)))
  const url = await server.createDatabase(`runs_${concurrency}`)
  const executed = await seedWorkforce(await postgresTarget(url))
  const engine = await createEngine({ storage: pulled.target.storage })
  const storage = postgres(url, { maxConnections: connections })
  const handUrl = await server.createDatabase(`by_hand_${concurrency}`)
  const handled = await seedWorkforce(await postgresTarget(handUrl))
  const hand = await handWorkOnPostgres(handled, { url: handUrl, callers: concurrency, connections, serverCpuUs: server.cpuUs })
  return compare({ ...given, peers, handled, hand, pulled, executed, engine, storage, serverCpuUs: server.cpuUs })
}

async function compareSqlite(folder: string, given: BenchOptions & { concurrency: number; bar: Bar }): Promise<Row[]> {
  const { concurrency, bar } = given
  const path = (name: string) => join(folder, `${name}-${concurrency}.db`)
  const plain = openPlain(path('plain'))
  const peer: Peer = { ...plain, variant: consumerVariant(plain.consumer(concurrency)) }
  const pulled = await seedWorkforce(sqliteTarget(path('pulled')))
  const executed = await seedWorkforce(sqliteTarget(path('runs')))
  const engine = await createEngine({ storage: pulled.target.storage })
  const handled = await seedWorkforce(sqliteTarget(path('by-hand')))
  const hand = handWorkOnSqlite(handled, { path: path('by-hand'), callers: concurrency })
  return compare({ ...given, peers: [peer], bars: [bar], handled, hand, pulled, executed, engine, storage: sqlite(path('runs')) })
}

interface Comparison extends BenchOptions {
  readonly concurrency: number
  readonly peers: readonly Peer[]
  readonly bars: readonly Bar[]
  /** Whose rows are written by hand. */
  readonly handled: Workforce
  readonly hand: HandWork
  readonly pulled: Workforce
  readonly executed: Workforce
  /** On the database of `pulled`. */
  readonly engine: Engine
  /** That of `executed`. */
  readonly storage: Parameters<typeof lastingRunsConsumer>[1]['storage']
  readonly serverCpuUs?: () => number | null
}

async function compare(given: Comparison): Promise<Row[]> {
  const { concurrency, peers, handled, hand, pulled, executed, engine, storage, serverCpuUs } = given
  const options = { concurrency, ...(serverCpuUs && { serverCpuUs }) }
  const pulling = pullingAgents(pulled, { ...options, engine, name: 'engine, next and report' })
  const worker = lastingRunsConsumer(executed, { ...options, storage, name: 'engine, runs' })
  const executing = consumerVariant(worker)
  const variants = [...peers.map(({ variant }) => variant), hand.variant, pulling, executing]
  const measured = await measure(variants, given)
  await worker.close()
  const problems = [
    ...talliesThatDiffer(variants),
    ...(await workProblems(handled, hand.variant.tally.added)),
    ...(await workProblems(pulled, pulling.tally.added)),
    ...(await workProblems(executed, executing.tally.added)),
  ]
  for (const { variant, left } of peers) {
    const waiting = await left()
    if (waiting !== 0) problems.push(`${variant.name} has left ${waiting}`)
  }
  await engine.stop()
  for (const { close } of [...peers, hand]) await close()
  for (const { target } of [handled, pulled, executed]) await target.close()
  return [...comparisonRows(measured, given), countsRow(problems, given)]
}

async function measure(variants: readonly Consuming[], { rounds, ms, concurrency }: Comparison): Promise<Measured[]> {
  const operations: number[] = []
  const limits = { trial: trialOperations, ms, callers: concurrency, least: leastOperations, most: ms * mostPerMs }
  for (const variant of variants) operations.push(await calibrate(variant, limits))
  return interleave(variants, { rounds, operations })
}

/** Work that was lost, or done twice. */
function talliesThatDiffer(variants: readonly Consuming[]): string[] {
  const wrong = variants.filter(({ tally }) => tally.added !== tally.done)
  return wrong.map(({ name, tally }) => `${name}: ${tally.added} added, ${tally.done} done`)
}

function comparisonRows(measured: readonly Measured[], { peers, bars, concurrency }: Comparison): Row[] {
  const [hand, ...own] = measured.slice(peers.length)
  if (!hand) throw new Error('the rows by hand were not measured')
  const named = (variant: Measured, more = '') => ({ ...variant, name: `${variant.name}, ${concurrency} at once${more}` })
  const against = (peer: Measured, bar: Bar) => [
    comparisonRow(named(peer), { baseline: peer }),
    comparisonRow(named(hand, `, against ${peer.name}`), { baseline: peer }),
    ...own.map((variant) => comparisonRow(named(variant, `, against ${peer.name}`), { baseline: peer, bars: { rate: bar } })),
  ]
  const rows = measured.slice(0, peers.length).flatMap((peer, index) => {
    const bar = bars[index]
    if (!bar) throw new Error(`there is no goal against ${peer.name}`)
    return against(peer, bar)
  })
  return [...rows, ...own.map((variant) => comparisonRow(named(variant, `, against ${hand.name}`), { baseline: hand }))]
}

function countsRow(problems: readonly string[], { bars, concurrency }: Comparison): Row {
  const goal = bars.map((bar) => bar.goal).join(', ')
  return problemsRow(`work lost or done twice, ${concurrency} at once`, { goal, figure: 'wrong counts', problems })
}
