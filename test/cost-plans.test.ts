import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'

import { createEngine, type Engine } from '@engine/core'

import { openClient, postgresTarget } from '../bench/lib/pg.ts'
import { explainPostgres, explainSqlite, planProblems, type ExplainedStatement } from '../bench/lib/plans.ts'
import { recordStatements } from '../bench/lib/record-statements.ts'
import { seedCosts, type CostSeed } from '../bench/lib/seed-costs.ts'
import type { SeedTarget } from '../bench/lib/seed-target.ts'
import { openRaw, sqliteTarget } from '../bench/lib/sqlite.ts'
import { createDatabase, dropDatabase } from './support/postgres.ts'

const size = { events: 10_000 }
const cost = { provider: 'anthropic', model: 'm', inputTokens: 1, costMicros: 1 }

type Ask = (engine: Engine, seed: CostSeed) => Promise<unknown>

/** What is asked, and how many statements it may take: begin and commit are two. */
const views: Readonly<Record<string, { most: number; ask: Ask }>> = {
  'the summary': { most: 3, ask: (engine, { companyId }) => engine.costs.summary({ companyId }) },
  'the timeline': { most: 2, ask: (engine, { companyId }) => engine.costs.timeline({ companyId }) },
  'the forecast': { most: 4, ask: (engine, { companyId }) => engine.costs.forecast({ companyId }) },
  'costs by agent': { most: 3, ask: (engine, { companyId }) => engine.costs.byAgent({ companyId }) },
  'costs by agent in a month': { most: 3, ask: (engine, { companyId }) => engine.costs.byAgent({ companyId, month: '2026-11' }) },
  'costs by model': { most: 2, ask: (engine, { companyId }) => engine.costs.byModel({ companyId }) },
  'costs by project': { most: 3, ask: (engine, { companyId }) => engine.costs.byProject({ companyId }) },
  'costs by task': { most: 3, ask: (engine, { companyId }) => engine.costs.byTask({ companyId }) },
}

const lists: Readonly<Record<string, Ask>> = {
  'all costs': (engine, { companyId }) => engine.costs.list({ companyId }),
  'costs of an agent': (engine, { companyId, agentId }) => engine.costs.list({ companyId, agentId }),
  'costs of a task': (engine, { companyId, taskId }) => engine.costs.list({ companyId, taskId }),
  'costs of some days': (engine, { companyId }) => engine.costs.list({ companyId, from: '2020-01-01', to: '2099-01-01' }),
}

const writes: Readonly<Record<string, { most: number; ask: Ask }>> = {
  'reporting a cost': {
    most: 13,
    ask: (engine, { companyId, taskId }) => engine.costs.report({ companyId, taskId, sourceEventId: 'new', ...cost }),
  },
  'reporting 64 costs': {
    most: 140,
    ask: (engine, { companyId }) =>
      engine.costs.reportMany({ companyId, costs: Array.from({ length: 64 }, (_, index) => ({ sourceEventId: `new ${index}`, ...cost })) }),
  },
}

const growing = ['cost_events', 'cost_totals']

interface Recorded {
  of(unit: string): Promise<{ explained: ExplainedStatement[]; asked: number }>
  close(): Promise<void>
}

describe.each(['sqlite', 'postgres'] as const)('with ten thousand costs, on %s', (family) => {
  let recorded: Recorded
  beforeAll(async () => {
    recorded = await (family === 'sqlite' ? onSqlite() : onPostgres())
  }, 180_000)
  afterAll(() => recorded.close())

  it.each(Object.keys(views))('%s is read from sums, not from what they are of', async (unit) => {
    const { explained, asked } = await recorded.of(unit)
    expect(explained.filter(({ sql }) => sql.includes('cost_events'))).toEqual([])
    expect(planProblems(explained, { scan: growing, walk: growing })).toEqual([])
    expect(asked).toBeLessThanOrEqual(views[unit]?.most ?? 0)
    expect(asked).toBeGreaterThan(0)
  })

  it.each(Object.keys(lists))('%s come out of an index in its order', async (unit) => {
    const { explained } = await recorded.of(unit)
    expect(explained.length).toBeGreaterThan(0)
    expect(planProblems(explained, { scan: growing, sort: growing })).toEqual([])
  })

  it.each(Object.keys(writes))('%s reads nothing whole, and asks no more often than it has to', async (unit) => {
    const { explained, asked } = await recorded.of(unit)
    expect(planProblems(explained, { scan: growing, walk: growing })).toEqual([])
    expect(asked).toBeLessThanOrEqual(family === 'postgres' && unit === 'reporting 64 costs' ? 14 : (writes[unit]?.most ?? 0))
  })
})

async function onSqlite(): Promise<Recorded> {
  const folder = mkdtempSync(join(tmpdir(), 'engine-test-'))
  const path = join(folder, 'costs.db')
  const sent = await record(sqliteTarget(path))
  const database = openRaw(path)
  const explain = explainSqlite(database)
  const close = async () => {
    database.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { of: async (unit) => explained(sent, unit, explain), close }
}

async function onPostgres(): Promise<Recorded> {
  const url = await createDatabase(inject('postgresUrl'))
  const sent = await record(await postgresTarget(url))
  const client = await openClient(url)
  const explain = explainPostgres(client)
  const close = async () => {
    await client.end()
    await dropDatabase(url)
  }
  return { of: async (unit) => explained(sent, unit, explain), close }
}

type Sent = Awaited<ReturnType<typeof record>>

async function explained(sent: Sent, unit: string, explain: ReturnType<typeof explainSqlite>) {
  const statements = sent.get(unit)?.statements ?? []
  return { explained: await explain(statements), asked: statements.length }
}

async function record(target: SeedTarget) {
  const seed = await seedCosts(target, size)
  const recording = recordStatements(target.storage)
  const engine = await createEngine({ storage: recording.storage })
  const sent = new Map<string, Awaited<ReturnType<typeof recording.during>>>()
  for (const [name, { ask }] of Object.entries({ ...views, ...writes })) sent.set(name, await recording.during(() => ask(engine, seed)))
  for (const [name, ask] of Object.entries(lists)) sent.set(name, await recording.during(() => ask(engine, seed)))
  await engine.stop()
  await target.close()
  return sent
}
