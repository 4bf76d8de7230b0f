import { join } from 'node:path'

import { createEngine, systemActor, type Engine } from '@engine/core'
import { PgBoss } from 'pg-boss'

import { createCreateTwin } from './baseline/create-postgres.ts'
import { callersVariant, prepared } from './lib/callers.ts'
import { calibrate, interleave, type BenchOptions, type Measured, type Variant } from './lib/measure.ts'
import { openClient, postgresTarget, readEpoch, withClient, withPostgres, type BenchServer } from './lib/pg.ts'
import { comparisonColumns, comparisonRow, factRow, problemsRow, type Bar, type Report, type Row } from './lib/report.ts'
import type { SeedTarget } from './lib/seed-target.ts'
import { sqliteTarget, withFolder } from './lib/sqlite.ts'

const callerCounts = [1, 10, 50] as const
const connections = 10
const warmUpOperations = 1_000
const inBulk = 100
/** Looked for by its name, so that this bench also runs on an engine without it. */
const bulkName = 'tasks.createMany'

const rateBar = (goal: string, must: number, stretch: number): Bar => ({
  goal,
  figure: 'rate',
  wants: 'at least',
  must,
  stretch,
  isStrict: false,
})
const sendBars: Record<(typeof callerCounts)[number], Bar> = {
  1: rateBar('B8', 1.5, 2),
  10: rateBar('B8', 5, 9),
  50: rateBar('B8', 10, 18),
}
const bulkBars = { postgres: rateBar('B9', 10, 18), sqlite: rateBar('B9', 4, 6) }

/** B8: `engine.tasks.create()` against `send` of pg-boss, both in this process, and against its own rows by hand. B9: the bulk operation against single calls. */
export async function benchCreate(options: BenchOptions): Promise<Report> {
  const onPostgres = await withPostgres(async (server) => [
    ...(await againstPgBoss(server, options)),
    ...(await bulkOnPostgres(server, options)),
  ])
  const onSqlite = await withFolder((folder) => benchBulk(sqliteTarget(join(folder, 'bulk.db')), { ...options, family: 'sqlite' }))
  const bench = 'create: one task a call on Postgres with 10 connections each, pg-boss in the same process; then 100 tasks a call'
  return { bench, columns: comparisonColumns, rows: [...onPostgres, ...onSqlite] }
}

/** A task and a job that say as much. */
const content = { title: 'A task that the bench makes', description: 'Written by the bench.' }
const queue = 'bench'

async function againstPgBoss(server: BenchServer, options: BenchOptions): Promise<Row[]> {
  const url = await server.createDatabase('create')
  const target = await postgresTarget(url)
  const engine = await createEngine({ storage: target.storage })
  const { id: companyId } = await engine.companies.create({ name: 'Bench' })
  const hand = await openTwin(url, (await engine.companies.create({ name: 'By hand' })).id)
  const bossUrl = await server.createDatabase('boss')
  // Without its own background work, as the engine is measured without its loops.
  const boss = new PgBoss({ connectionString: bossUrl, max: connections, supervise: false, schedule: false })
  await boss.start()
  await boss.createQueue(queue)
  const calls: Record<string, Call> = {
    'pg-boss send': () => boss.send(queue, content),
    'the same rows by hand': hand.create,
    engine: () => engine.tasks.create({ companyId, ...content }),
  }
  const variants = (callers: number) =>
    Object.entries(calls).map(([name, call]) => {
      // By hand a connection is somebody's: it takes one statement at a time, so there are no more callers than connections.
      const most = call === hand.create ? Math.min(callers, connections) : callers
      return callersVariant({
        name: `${name}, ${most} ${most === 1 ? 'caller' : 'callers'}`,
        callers: most,
        call,
        serverCpuUs: server.cpuUs,
      })
    })
  for (const variant of variants(connections)) await variant.run(warmUpOperations)
  await target.refreshStatistics()
  await withClient(bossUrl, (client) => client.query('vacuum analyze'))
  const rows: Row[] = []
  for (const callers of callerCounts) {
    const [sent, byHand, created] = await measure(variants(callers), { ...options, callers })
    if (!sent || !byHand || !created) throw new Error('a variant was not measured')
    rows.push(comparisonRow(sent, { baseline: sent }), comparisonRow(byHand, { baseline: sent }))
    rows.push(comparisonRow(created, { baseline: sent, bars: { rate: sendBars[callers] } }))
    rows.push(comparisonRow({ ...created, name: `${created.name}, against its rows by hand` }, { baseline: byHand }))
  }
  await Promise.all([engine.stop(), hand.close(), boss.stop({ graceful: false })])
  const problems = await countProblems(target)
  await target.close()
  return [...rows, problemsRow('tasks, their events and counts', { goal: 'B8', figure: 'wrong counts', problems })]
}

type Call = (operation: number, caller: number) => Promise<unknown>

/** What one writes by hand, over as many connections as the others have. */
async function openTwin(url: string, companyId: string): Promise<{ create: Call; close(): Promise<unknown> }> {
  const clients = await Promise.all(Array.from({ length: connections }, () => openClient(url)))
  const twin = createCreateTwin(await readEpoch(prepared(clients, 0)))
  const create: Call = (_, caller) => twin.create(prepared(clients, caller), { companyId, ...content })
  return { create, close: () => Promise.all(clients.map((client) => client.end())) }
}

/** The variants in turns, each for about `ms`. */
async function measure(variants: readonly Variant[], given: BenchOptions & { callers: number }): Promise<Measured[]> {
  const { rounds, ms, callers } = given
  const operations: number[] = []
  for (const variant of variants) operations.push(await calibrate(variant, { trial: 2 * inBulk, ms, callers, most: Infinity }))
  return interleave(variants, { rounds, operations })
}

async function bulkOnPostgres(server: BenchServer, options: BenchOptions): Promise<Row[]> {
  const target = await postgresTarget(await server.createDatabase('bulk'))
  return benchBulk(target, { ...options, family: 'postgres', serverCpuUs: server.cpuUs })
}

interface BulkOptions extends BenchOptions {
  readonly family: 'postgres' | 'sqlite'
  readonly serverCpuUs?: () => number | null
}

async function benchBulk(target: SeedTarget, options: BulkOptions): Promise<Row[]> {
  const { family, serverCpuUs } = options
  const engine = await createEngine({ storage: target.storage })
  if (!engine.registry.get(bulkName)) {
    await engine.stop()
    await target.close()
    return [factRow(`${bulkName} on ${family}: not there yet`, {})]
  }
  const { id: companyId } = await engine.companies.create({ name: 'Bench' })
  const single = (count: number) => createSingly(engine, { companyId, count })
  const bulk = (count: number) => createInBulk(engine, { companyId, count })
  for (const run of [single, bulk]) await run(warmUpOperations)
  await target.refreshStatistics()
  const variants = [
    { name: `${family}, single calls, 1 caller`, serverCpuUs, run: single },
    { name: `${family}, ${inBulk} a call, 1 caller`, serverCpuUs, run: bulk },
  ]
  const [singly, together] = await measure(variants, { ...options, callers: inBulk })
  if (!singly || !together) throw new Error('a variant was not measured')
  await engine.stop()
  const problems = await countProblems(target)
  await target.close()
  return [
    comparisonRow(singly, { baseline: singly }),
    comparisonRow(together, { baseline: singly, bars: { rate: bulkBars[family] } }),
    problemsRow(`tasks, their events and counts on ${family}`, { goal: 'B9', figure: 'wrong counts', problems }),
  ]
}

async function createSingly(engine: Engine, { companyId, count }: { companyId: string; count: number }): Promise<void> {
  for (let index = 0; index < count; index += 1) await engine.tasks.create({ companyId, ...content })
}

async function createInBulk(engine: Engine, { companyId, count }: { companyId: string; count: number }): Promise<void> {
  const tasks = Array.from({ length: inBulk }, () => content)
  for (let index = 0; index < count; index += inBulk) {
    const answer = await engine.execute(bulkName, { input: { companyId, tasks }, actor: systemActor })
    // What the operation promises.
    const { items } = answer as { items: unknown[] }
    if (items.length !== inBulk) throw new Error(`${bulkName} answered ${items.length} items for ${inBulk} tasks`)
  }
}

/** Every task has its number, its event, and is counted. */
async function countProblems(target: SeedTarget): Promise<string[]> {
  const [counts] = await target.read(`
    select (select count(*) from ${target.table('tasks')}) as tasks,
      (select count(distinct identifier) from ${target.table('tasks')}) as identifiers,
      (select count(*) from ${target.table('events')} where type = 'task.created') as events,
      (select sum(todo) from ${target.table('company_counters')}) as counted`)
  const { tasks, ...others } = counts ?? {}
  const wrong = Object.entries(others).filter(([, count]) => count !== tasks)
  return wrong.map(([what, count]) => `${String(tasks)} tasks, but ${String(count)} ${what}`)
}
