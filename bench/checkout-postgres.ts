import { createEngine } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import type { Client } from 'pg'

import { createFiveTripTwin, createOneStatementTwin } from './baseline/checkout-postgres.ts'
import { prepared } from './lib/callers.ts'
import { calibrate, interleave, type BenchOptions, type Measured } from './lib/measure.ts'
import { countPgRows, seedPgTasks, withClient, withPostgres, type BenchServer, type PgSeed } from './lib/pg.ts'
import { engineOnPostgres, openTwin } from './lib/pg-variants.ts'
import { plannedEachTime } from './lib/plans.ts'
import { recordStatements } from './lib/record-statements.ts'
import { comparisonColumns, comparisonRow, factRow, problemsRow, type Bar, type Report, type Row } from './lib/report.ts'
import { checkoutEvents, comparableCounts, comparableText, countsAfterCheckouts, differencesIn, type Comparison } from './lib/same-rows.ts'

const connectionCounts = [1, 4, 16]
const warmUpOperations = 500
const calibrationOperations = 300
/** Faster than any engine here, for the number of tasks to prepare. */
const mostPerMs = 8

const bars = {
  cpu: { goal: 'B2', figure: 'CPU', wants: 'at most', must: 1.4, stretch: 1.15, isStrict: true },
  rate: { goal: 'B2', figure: 'rate', wants: 'at least', must: 1.5, isStrict: false },
} satisfies Record<string, Bar>

/** B2: `engine.tasks.checkout()` on Postgres against the same rows written by hand, as one statement and as five round trips. */
export async function benchCheckoutPostgres(options: BenchOptions): Promise<Report> {
  const rows = await withPostgres(async (server) => {
    const seed = await seedPgTasks(server, warmUpOperations + calibrationOperations + options.rounds * options.ms * mostPerMs)
    const all: Row[] = []
    for (const connections of connectionCounts) all.push(...(await benchConnections(server, { ...options, seed, connections })))
    return [...all, ...(await statementRows(server, seed))]
  })
  return { bench: 'checkout: Postgres, durable, one task each, as many callers as connections', columns: comparisonColumns, rows }
}

async function benchConnections(server: BenchServer, given: BenchOptions & { seed: PgSeed; connections: number }): Promise<Row[]> {
  const { seed, connections, rounds, ms } = given
  const copy = (name: string) => server.copyDatabase(seed.url, `${name}_${connections}`)
  const urls = { statement: await copy('statement'), trips: await copy('trips'), engine: await copy('engine') }
  const engine = await createEngine({ storage: postgres(urls.engine, { maxConnections: connections }) })
  const statement = await openTwin({ name: 'raw, one statement', url: urls.statement, create: createOneStatementTwin, ...given, server })
  const trips = await openTwin({ name: 'raw, 5 round trips', url: urls.trips, create: createFiveTripTwin, ...given, server })
  const variants = [statement.variant, trips.variant, engineOnPostgres(engine, { name: 'engine', seed, connections, server })]
  for (const variant of variants) await variant.run(warmUpOperations)
  const [calibrated, ...others] = variants.toReversed()
  if (!calibrated) throw new Error('there is nothing to measure')
  const operations = await calibrate(calibrated, { trial: calibrationOperations, ms, callers: connections, most: ms * mostPerMs })
  for (const variant of others) await variant.run(calibrationOperations)
  const measured = await interleave(variants, { rounds, operations })
  await Promise.all([engine.stop(), statement.close(), trips.close()])
  const done = warmUpOperations + calibrationOperations + rounds * operations
  const problems = await differencesBetween(urls, { seed, done })
  const counted = `rows after ${done.toLocaleString('en')} checkouts, ${connections} at once`
  return [...comparisonRows(measured, connections), problemsRow(counted, { goal: 'B2', figure: 'different rows', problems })]
}

function comparisonRows([statement, trips, engine]: readonly Measured[], connections: number): Row[] {
  if (!statement || !trips || !engine) throw new Error('a variant was not measured')
  const named = (measured: Measured, more = '') => ({ ...measured, name: `${measured.name}, ${connections} at once${more}` })
  return [
    comparisonRow(named(statement), { baseline: statement }),
    comparisonRow(named(trips), { baseline: statement }),
    comparisonRow(named(engine), { baseline: statement, bars: { cpu: bars.cpu } }),
    comparisonRow(named(engine, ', against 5 round trips'), { baseline: trips, bars: { rate: bars.rate } }),
  ]
}

type Urls = Readonly<Record<'statement' | 'trips' | 'engine', string>>

/** Row counts of every table, the expected totals, the counters, and the very rows of the last checkout. */
async function differencesBetween(urls: Urls, given: { seed: PgSeed; done: number }): Promise<string[]> {
  const expected = countsAfterCheckouts(await withClient(given.seed.url, countPgRows), given.done)
  const engine = await withClient(urls.engine, (client) => factsOf(client, given))
  const comparisons: Comparison[] = [['row counts of the engine', engine['row counts'] ?? '', expected]]
  for (const name of ['statement', 'trips'] as const) {
    const twin = await withClient(urls[name], (client) => factsOf(client, given))
    comparisons.push(...Object.entries(engine).map(([what, text]) => [`${name}: ${what}`, text, twin[what] ?? ''] as const))
  }
  return differencesIn(comparisons)
}

async function factsOf(client: Client, { seed, done }: { seed: PgSeed; done: number }): Promise<Record<string, string>> {
  const taskId = seed.tasks[done - 1]?.taskId
  const facts: Record<string, string> = { 'row counts': comparableCounts(await countPgRows(client)) }
  for (const [what, query] of Object.entries(comparedQueries)) {
    const parameters = query.includes('$1') ? [taskId] : []
    facts[what] = comparableText((await client.query(query, parameters)).rows)
  }
  return facts
}

/** `$1` is the task that was checked out last. */
const comparedQueries = {
  'the task': 'select * from engine.tasks where id = $1',
  'its run': 'select * from engine.runs where task_id = $1',
  'its lease': 'select * from engine.leases where task_id = $1',
  'tasks claimed': `select count(*) from engine.tasks where status = 'in_progress'`,
  'slots taken': 'select live_runs from engine.agents order by id',
  'tasks counted': `select sum(backlog) backlog, sum(todo) todo, sum(in_progress) in_progress, sum(in_review) in_review, sum(blocked) blocked,
    sum(done) done, sum(cancelled) cancelled from engine.company_counters`,
  ...Object.fromEntries(
    checkoutEvents.map((type) => [
      type,
      `select id, epoch, company_id, type, actor_kind, actor_id, run_id, entity_type, entity_id, entity_version, data, request_id, at
       from engine.events where type = '${type}' and (entity_id = $1::uuid or data ->> 'taskId' = $1::text)`,
    ]),
  ),
}

/** What one checkout asks of the server, and whether that is planned anew each time. */
async function statementRows(server: BenchServer, seed: PgSeed): Promise<Row[]> {
  const url = await server.copyDatabase(seed.url, 'statements')
  const recording = recordStatements(postgres(url))
  const engine = await createEngine({ storage: recording.storage })
  await engine.tasks.checkout(prepared(seed.tasks, 0))
  const { statements, roundTrips } = await recording.during(() => engine.tasks.checkout(prepared(seed.tasks, 1)))
  await engine.stop()
  const problems = await withClient(url, (client) => plannedEachTime(client, statements))
  const texts = statements.map(({ sql }) => sql)
  return [
    factRow(`round trips of one checkout: ${roundTrips}, raw 1 and 5`, { facts: { roundTrips, texts } }),
    problemsRow('statements of one checkout that are planned anew each time', { goal: 'B2', figure: 'statements', problems }),
  ]
}
