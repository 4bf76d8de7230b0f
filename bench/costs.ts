import { join } from 'node:path'

import { createEngine, type Engine } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import type { Client } from 'pg'

import { benchAdapter } from './lib/adapter.ts'
import { callersVariant, prepared } from './lib/callers.ts'
import { newId } from './lib/id.ts'
import { calibrate, interleave, spreadOf, type BenchOptions, type Measured, type Variant } from './lib/measure.ts'
import { openClient, postgresTarget, withClient, withPostgres, type BenchServer } from './lib/pg.ts'
import { comparisonColumns, comparisonRow, factRow, problemsRow, type Bar, type Report, type Row } from './lib/report.ts'
import { seedCosts, type CostSeed } from './lib/seed-costs.ts'
import type { SeedTarget } from './lib/seed-target.ts'
import { sqliteTarget, withFolder } from './lib/sqlite.ts'

const together = 64
const cost = { provider: 'anthropic', model: 'model-1', inputTokens: 100, outputTokens: 20, costMicros: 500 }

const bars = {
  single: { goal: 'B20', figure: 'rate', wants: 'at least', must: 0.6, stretch: 0.8, isStrict: false },
  many16: { goal: 'B21', figure: 'rate at 16', wants: 'at least', must: 3, isStrict: false },
  apart16: { goal: 'B21', figure: 'rate at 16, apart', wants: 'at least', must: 3, isStrict: false },
  many1: { goal: 'B21', figure: 'rate at 1', wants: 'at least', must: 10, isStrict: false },
} satisfies Record<string, Bar>

/** B20, B21: reporting costs on Postgres against bare inserts, and together against alone; and whether views grow with what is spent. */
export async function benchCosts(options: BenchOptions): Promise<Report> {
  const sizes = [10_000, options.isLarge ? 1_000_000 : 100_000]
  const flat = [
    ...(await withFolder((folder) => flatRows('SQLite', sizes, async (size) => sqliteTarget(join(folder, `${size}.db`))))),
    ...(await withPostgres((server) =>
      flatRows('Postgres', sizes, async (size) => postgresTarget(await server.createDatabase(`costs_${size}`))),
    )),
  ]
  const rows = await withPostgres((server) => ingestionRows(server, options))
  return {
    bench: 'costs: reporting on Postgres, and views with few and many of them',
    columns: comparisonColumns,
    rows: [...rows, ...flat],
  }
}

async function ingestionRows(server: BenchServer, { rounds, ms }: BenchOptions): Promise<Row[]> {
  const url = await server.createDatabase('costs')
  const target = await postgresTarget(url)
  const seed = await seedCosts(target, { events: 1_000 })
  await target.close()
  const clients = await Promise.all(Array.from({ length: 16 }, () => openClient(url)))
  const engine = await createEngine({ storage: postgres(url, { maxConnections: 16 }), adapters: [benchAdapter] })
  await setBudgets(engine, seed)
  const given = { engine, seed, server }
  const variants = [
    ...[16, 1].map((callers) => bare(clients, { ...given, callers })),
    ...[16, 1].map((callers) => single(engine, { ...given, callers })),
    ...[16, 1].map((callers) => many(engine, { ...given, callers })),
    apart(engine, { ...given, callers: 16 }),
  ]
  const operations: number[] = []
  for (const variant of variants) operations.push(await calibrate(variant, { trial: 128, ms, callers: 16, most: 20_000 }))
  const measured = await interleave(variants, { rounds, operations })
  const report = await engine.verify()
  await engine.stop()
  const problems = report.checks.filter(({ name }) => name === 'cost_totals_add_up_costs').flatMap(({ violations }) => violations)
  const wrong = await withClient(url, bareEvents)
  await Promise.all(clients.map((client) => client.end()))
  // What was inserted bare stands in no sum.
  const unexpected = problems.filter(({ problem }) => !problem.includes('-')).map(({ problem }) => problem)
  return [
    ...comparisonRows(measured),
    problemsRow(`sums (${wrong} bare rows beside them)`, { goal: 'B20', figure: 'wrong sums', problems: unexpected }),
  ]
}

function comparisonRows(measured: readonly Measured[]): Row[] {
  const at = (index: number) => prepared(measured, index)
  const perCost = (each: Measured): Measured => ({
    name: each.name,
    samples: each.samples.map((sample) => ({
      opsPerSecond: sample.opsPerSecond * together,
      clientCpuUsPerOp: sample.clientCpuUsPerOp / together,
      serverCpuUsPerOp: sample.serverCpuUsPerOp === null ? null : sample.serverCpuUsPerOp / together,
      cpuUsPerOp: sample.cpuUsPerOp / together,
    })),
  })
  return [
    comparisonRow(at(0), { baseline: at(0) }),
    comparisonRow(at(2), { baseline: at(0), bars: { rate: bars.single } }),
    comparisonRow(perCost(at(4)), { baseline: at(2), bars: { rate: bars.many16 } }),
    comparisonRow(at(6), { baseline: at(0) }),
    comparisonRow({ ...perCost(at(4)), name: `${at(4).name}, against apart` }, { baseline: at(6), bars: { rate: bars.apart16 } }),
    comparisonRow(at(1), { baseline: at(1) }),
    comparisonRow(at(3), { baseline: at(1) }),
    comparisonRow(perCost(at(5)), { baseline: at(3), bars: { rate: bars.many1 } }),
  ]
}

interface Given {
  readonly seed: CostSeed
  readonly server: BenchServer
  readonly callers: number
}

/** Of the company, the project and the agent, with limits that nobody reaches. */
async function setBudgets(engine: Engine, { companyId, projectId, agentId }: CostSeed): Promise<void> {
  const limit = Number.MAX_SAFE_INTEGER / 2
  const terms = { companyId, window: 'month_utc', metric: 'micros', limit: Math.floor(limit) } as const
  await engine.budgets.set({ ...terms, scope: 'company' })
  await engine.budgets.set({ ...terms, scope: 'project', scopeId: projectId })
  await engine.budgets.set({ ...terms, scope: 'agent', scopeId: agentId })
}

/** One row of cost_events and its indexes, and nothing else. */
function bare(clients: readonly Client[], { seed, server, callers }: Given): Variant {
  const text = `insert into engine.cost_events (id, company_id, source, source_event_id, agent_id, project_id, provider, model,
    input_tokens, output_tokens, cached_input_tokens, cost_micros, is_imputed, billing_type, occurred_at, created_at)
    values ($1, $2, 'bare', $3, $4, $5, 'anthropic', 'model-1', 100, 20, 0, 500, 0, 'unknown', now(), now())`
  const call = async (_operation: number, caller: number) => {
    const id = newId(Date.now())
    await prepared(clients, caller).query({ name: 'bare', text, values: [id, seed.companyId, id, seed.agentId, seed.projectId] })
  }
  return callersVariant({ name: `bare insert, ${callers} at once`, callers, call, serverCpuUs: server.cpuUs })
}

function single(engine: Engine, { seed, server, callers }: Given): Variant {
  const { companyId, agentId, projectId } = seed
  const call = () => engine.costs.report({ companyId, agentId, projectId, sourceEventId: newId(Date.now()), ...cost })
  return callersVariant({ name: `engine, ${callers} at once`, callers, call, serverCpuUs: server.cpuUs })
}

/** Of a reporter each, so that none goes together with another: as many transactions that charge the same budgets. */
function apart(engine: Engine, { seed, server, callers }: Given): Variant {
  const { companyId, agentId, projectId } = seed
  const reporters = Array.from({ length: callers }, (_, index) =>
    engine.as({ kind: 'user', id: `reporter ${index}`, roles: { '*': 'owner' } }),
  )
  const call = (_operation: number, caller: number) =>
    prepared(reporters, caller).costs.report({ companyId, agentId, projectId, sourceEventId: newId(Date.now()), ...cost })
  return callersVariant({ name: `engine, ${callers} at once, apart`, callers, call, serverCpuUs: server.cpuUs })
}

function many(engine: Engine, { seed, server, callers }: Given): Variant {
  const { companyId, agentId, projectId } = seed
  const call = () =>
    engine.costs.reportMany({
      companyId,
      costs: Array.from({ length: together }, () => ({ agentId, projectId, sourceEventId: newId(Date.now()), ...cost })),
    })
  return callersVariant({ name: `engine, ${together} a call, ${callers} at once, for each cost`, callers, call, serverCpuUs: server.cpuUs })
}

async function bareEvents(client: Client): Promise<number> {
  const { rows } = await client.query<{ count: number }>(`select count(*)::int as count from engine.cost_events where source = 'bare'`)
  return rows[0]?.count ?? 0
}

const views: Readonly<Record<string, (engine: Engine, seed: CostSeed) => Promise<unknown>>> = {
  summary: (engine, { companyId }) => engine.costs.summary({ companyId }),
  'by agent': (engine, { companyId }) => engine.costs.byAgent({ companyId }),
  'by task': (engine, { companyId }) => engine.costs.byTask({ companyId }),
  timeline: (engine, { companyId }) => engine.costs.timeline({ companyId }),
  forecast: (engine, { companyId }) => engine.costs.forecast({ companyId }),
  list: (engine, { companyId, agentId }) => engine.costs.list({ companyId, agentId }),
  report: (engine, { companyId, agentId }) => engine.costs.report({ companyId, agentId, sourceEventId: newId(Date.now()), ...cost }),
}

async function flatRows(database: string, sizes: readonly number[], open: (size: number) => Promise<SeedTarget>): Promise<Row[]> {
  const figures = new Map<string, number[]>()
  for (const size of sizes) {
    const target = await open(size)
    const seed = await seedCosts(target, { events: size })
    const engine = await createEngine({ storage: target.storage, adapters: [benchAdapter] })
    for (const [view, ask] of Object.entries(views))
      figures.set(view, [...(figures.get(view) ?? []), await medianMs(() => ask(engine, seed))])
    await engine.stop()
    await target.close()
  }
  const [least = 0, most = 0] = sizes.map((size) => size.toLocaleString('en'))
  return [...figures].map(([view, [small = 0, large = 0]]) =>
    factRow(
      `${database}, ${view}: ${small.toFixed(2)} ms with ${least}, ${large.toFixed(2)} ms with ${most} (${(large / small).toFixed(2)} x)`,
      {
        facts: { small, large },
      },
    ),
  )
}

async function medianMs(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let turn = 0; turn < 30; turn += 1) {
    const startedMs = performance.now()
    await work()
    times.push(performance.now() - startedMs)
  }
  return spreadOf(times).median
}
