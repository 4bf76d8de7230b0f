import { setTimeout as delay } from 'node:timers/promises'

import { createEngine, type Engine } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'
import type { Database } from 'better-sqlite3'

import { createCheckoutTwin } from './baseline/checkout.ts'
import { countStatements } from './lib/count-statements.ts'
import { callersVariant, prepared } from './lib/callers.ts'
import { calibrate, interleave, type BenchOptions, type Measured, type Variant } from './lib/measure.ts'
import { comparisonColumns, comparisonRow, factRow, judge, problemsRow, type Bar, type Report, type Row } from './lib/report.ts'
import { checkoutEvents, comparableCounts, comparableText, countsAfterCheckouts, differencesIn, type Comparison } from './lib/same-rows.ts'
import { copySeed, countCommits, countRows, openRaw, seedTasks, withFolder, type Seed } from './lib/sqlite.ts'

const callerCounts = [1, 10, 50]
const warmUpOperations = 1_500
const calibrationOperations = 500
/** Faster than any engine here, for the number of tasks to prepare. */
const mostPerMs = 8

const bars = {
  cpu: { goal: 'B1', figure: 'CPU', wants: 'at most', must: 1.7, stretch: 1.25, isStrict: true },
  rate: { goal: 'B1', figure: 'rate', wants: 'at least', must: 0.6, stretch: 0.8, isStrict: false },
} satisfies Record<string, Bar>

const grouping: Bar = { goal: 'B1', figure: 'checkouts per commit', wants: 'at least', must: 10, stretch: 40, isStrict: true }

/** B1: `engine.tasks.checkout()` on SQLite against the same rows written by hand. */
export async function benchCheckout(options: BenchOptions): Promise<Report> {
  const rows: Row[] = []
  for (const callers of callerCounts) rows.push(...(await withFolder((folder) => benchCallers(folder, { ...options, callers }))))
  rows.push(await withFolder(statementsRow), await withFolder(groupRow))
  return { bench: 'checkout: SQLite, durable, one task each', columns: comparisonColumns, rows }
}

async function benchCallers(folder: string, given: BenchOptions & { callers: number }): Promise<Row[]> {
  const { callers, rounds, ms } = given
  const most = ms * mostPerMs
  const seed = await seedTasks(folder, warmUpOperations + calibrationOperations + rounds * most)
  const engine = await createEngine({ storage: sqlite(copySeed(seed, 'engine')) })
  const single = openRaw(copySeed(seed, 'single'))
  const grouped = openRaw(copySeed(seed, 'grouped'))
  const ours = engineVariant(engine, { seed, callers })
  const variants = [
    twinVariant(single, { seed, perCommit: 1 }),
    ours,
    ...(callers > 1 ? [twinVariant(grouped, { seed, perCommit: callers })] : []),
  ]
  for (const variant of variants) await variant.run(warmUpOperations)
  const operations = await calibrate(ours, { trial: calibrationOperations, ms, callers, most })
  for (const variant of variants) if (variant !== ours) await variant.run(calibrationOperations)
  const measured = await interleave(variants, { rounds, operations })
  await engine.stop()
  const done = warmUpOperations + calibrationOperations + rounds * operations
  const written = openRaw(copyPath(seed, 'engine'))
  const twins = callers > 1 ? [single, grouped] : [single]
  const differences = twins.flatMap((twin) => differencesBetween(written, twin, { seed, done }))
  for (const database of [written, single, grouped]) database.close()
  const counted = `rows after ${done.toLocaleString('en')} checkouts, ${callers} at once`
  return [...comparisonRows(measured), problemsRow(counted, { goal: 'B1', figure: 'different rows', problems: differences })]
}

function copyPath(seed: Seed, name: string): string {
  return seed.path.replace(/seed\.db$/, `${name}.db`)
}

function engineVariant(engine: Engine, { seed, callers }: { seed: Seed; callers: number }): Variant {
  const name = `engine, ${callers} ${callers === 1 ? 'caller' : 'callers'}`
  return callersVariant({ name, callers, call: (operation) => engine.tasks.checkout(prepared(seed.tasks, operation)) })
}

function twinVariant(database: Database, given: { seed: Seed; perCommit: number }): Variant {
  const { seed, perCommit } = given
  const twin = createCheckoutTwin(database)
  let next = 0
  return {
    name: perCommit === 1 ? 'raw, one by one' : `raw, ${perCommit} per commit`,
    async run(operations) {
      const until = next + operations
      while (next < until) {
        const last = Math.min(next + perCommit, until)
        twin.begin()
        for (const task of seed.tasks.slice(next, last)) {
          const checkout = () => void twin.checkout({ companyId: seed.companyId, ...task })
          if (perCommit === 1) checkout()
          else twin.inSavepoint(checkout)
        }
        twin.commit()
        next = last
      }
    },
  }
}

/** The engine against the raw transaction (B1), and, unjudged, against one that knows its group beforehand. */
function comparisonRows([single, engine, grouped]: readonly Measured[]): Row[] {
  if (!single || !engine) throw new Error('a variant was not measured')
  const rows = [comparisonRow(single, { baseline: single }), comparisonRow(engine, { baseline: single, bars })]
  if (!grouped) return rows
  const fair = { ...engine, name: `${engine.name}, against ${grouped.name}` }
  return [...rows, comparisonRow(grouped, { baseline: single }), comparisonRow(fair, { baseline: grouped })]
}

/** Row counts of every table, the expected totals, the counters, and the very rows of the last checkout. */
function differencesBetween(engine: Database, twin: Database, { seed, done }: { seed: Seed; done: number }): string[] {
  const expected = countsAfterCheckouts(countRowsOf(seed), done)
  const rows = (database: Database, query: string, parameters: unknown[]) => comparableText(database.prepare(query).all(...parameters))
  const compare = (query: string, ...parameters: unknown[]): Comparison => [
    `${query} ${parameters.join()}`,
    rows(engine, query, parameters),
    rows(twin, query, parameters),
  ]
  const taskId = seed.tasks[done - 1]?.taskId
  return differencesIn([
    ['row counts of the engine', comparableCounts(countRows(engine)), expected],
    ['row counts of the twin', comparableCounts(countRows(twin)), expected],
    [
      'claimed tasks',
      rows(engine, "select count(*) as claimed from tasks where status = 'in_progress'", []),
      JSON.stringify([{ claimed: done }]),
    ],
    ...['select * from tasks where id = ?', 'select * from runs where task_id = ?', 'select * from leases where task_id = ?'].map((query) =>
      compare(query, taskId),
    ),
    compare('select * from company_counters'),
    compare('select live_runs from agents order by id'),
    ...checkoutEvents.map((type) => compare(eventOfTask, type, taskId, taskId)),
  ])
}

const eventOfTask = `
  select id, epoch, company_id, type, actor_kind, actor_id, run_id, entity_type, entity_id, entity_version, data, request_id, at
  from events where type = ? and (entity_id = ? or data ->> 'taskId' = ?)`

function countRowsOf(seed: Seed): Record<string, number> {
  const database = openRaw(seed.path)
  const counts = countRows(database)
  database.close()
  return counts
}

/** What one checkout asks of the database, besides begin and commit. */
async function statementsRow(folder: string): Promise<Row> {
  const seed = await seedTasks(folder, 2)
  const { storage, texts } = countStatements(sqlite(seed.path), { keepsTexts: true })
  const engine = await createEngine({ storage })
  const [first, second] = seed.tasks
  if (!first || !second) throw new Error('the bench prepared too few tasks')
  await engine.tasks.checkout(first)
  texts.length = 0
  await engine.tasks.checkout(second)
  await engine.stop()
  const reads = texts.filter((text) => text.startsWith('select')).length
  const name = `statements of one checkout: ${texts.length} (${reads} reads), raw 8 (0 reads)`
  return factRow(name, { facts: { statements: texts.length, reads, texts } })
}

/** Whether callers at the same time do share a commit, after the event loop had its turns. */
async function groupRow(folder: string): Promise<Row> {
  const callers = 50
  const seed = await seedTasks(folder, 6 * callers)
  const engine = await createEngine({ storage: sqlite(seed.path) })
  const ours = engineVariant(engine, { seed, callers })
  await ours.run(callers)
  await delay(100)
  const before = countCommits(seed.path)
  await ours.run(4 * callers)
  const commits = countCommits(seed.path) - before
  await engine.stop()
  const perCommit = (4 * callers) / commits
  const name = `checkouts per commit, ${callers} callers: ${perCommit.toFixed(1)}`
  return factRow(name, { facts: { perCommit }, verdicts: [judge(grouping, perCommit)] })
}
