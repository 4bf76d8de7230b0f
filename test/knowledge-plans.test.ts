import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'

import { createEngine, type Engine } from '@engine/core'

import { openClient, postgresTarget } from '../bench/lib/pg.ts'
import { explainPostgres, explainSqlite, planProblems, type Explain, type ExplainedStatement } from '../bench/lib/plans.ts'
import { recordStatements } from '../bench/lib/record-statements.ts'
import { benchEmbedder, seedKnowledge, type KnowledgeSeed } from '../bench/lib/seed-knowledge.ts'
import type { SeedTarget } from '../bench/lib/seed-target.ts'
import { openRaw, sqliteTarget } from '../bench/lib/sqlite.ts'
import { createDatabase, dropDatabase } from './support/postgres.ts'

const size = { entries: 10_000, comments: 20_000 }
/** What grows with what a company knows and says. */
const growing = ['knowledge_entries', 'knowledge_tags', 'knowledge_vectors', 'search_entries', 'preferences', 'tasks']

type Ask = (engine: Engine, seed: KnowledgeSeed) => Promise<unknown>

/** What is asked, and how many statements it may take. */
const units: Readonly<Record<string, { most: number; ask: Ask; withEmbedder?: boolean }>> = {
  'a search': { most: 4, ask: (engine, { companyId }) => engine.knowledge.search({ companyId, query: 'when the customer and w7' }) },
  'a search for common words': {
    most: 4,
    ask: (engine, { companyId }) => engine.knowledge.search({ companyId, query: 'we deploy the customer' }),
  },
  'a search in a project': {
    most: 5,
    ask: (engine, { companyId, projectId }) => engine.knowledge.search({ companyId, projectId, query: 'w7 of w11' }),
  },
  'a search by meaning': {
    most: 16,
    withEmbedder: true,
    ask: (engine, { companyId }) => engine.knowledge.search({ companyId, query: 'w7 of w11' }),
  },
  'the knowledge of a task': { most: 5, ask: (engine, { taskId }) => engine.knowledge.context({ taskId }) },
  'a list': { most: 2, ask: (engine, { companyId }) => engine.knowledge.list({ companyId }) },
  'a list of a project': { most: 2, ask: (engine, { companyId, projectId }) => engine.knowledge.list({ companyId, projectId }) },
  'a list of the company as a whole': { most: 2, ask: (engine, { companyId }) => engine.knowledge.list({ companyId, projectId: 'none' }) },
  'a list by tag': { most: 2, ask: (engine, { companyId }) => engine.knowledge.list({ companyId, tag: 't7' }) },
  'the preferences of a task': { most: 4, ask: (engine, { companyId, taskId }) => engine.preferences.resolve({ companyId, taskId }) },
}

/** Units whose answer comes in the order of an index. */
const ordered = ['a list', 'a list of a project', 'a list of the company as a whole', 'a list by tag']

describe.each(['sqlite', 'postgres'] as const)('plans on %s, with ten thousand knowledge entries', (family) => {
  let recorded: Recorded
  beforeAll(async () => {
    recorded = await (family === 'sqlite' ? recordSqlite() : recordPostgres())
  }, 180_000)
  afterAll(() => recorded.close())

  it.each(Object.keys(units))('%s reads nothing whole, and asks no more often than it has to', async (unit) => {
    const { explained, asked } = await recorded.of(unit)
    expect(planProblems(explained, { scan: growing, walk: ['search_entries', 'knowledge_vectors'] })).toEqual([])
    expect(asked).toBeLessThanOrEqual(units[unit]?.most ?? 0)
    expect(asked).toBeGreaterThan(0)
  })

  it.each(ordered)('%s comes out of an index in its order', async (unit) => {
    const { explained } = await recorded.of(unit)
    expect(planProblems(explained, { sort: growing })).toEqual([])
  })
})

interface Recorded {
  of(unit: string): Promise<{ explained: ExplainedStatement[]; asked: number }>
  close(): Promise<void>
}

async function recordSqlite(): Promise<Recorded> {
  const folder = mkdtempSync(join(tmpdir(), 'engine-test-'))
  const path = join(folder, 'knowledge.db')
  const sent = await record(sqliteTarget(path))
  const database = openRaw(path)
  const close = async () => {
    database.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return explaining(sent, { explain: explainSqlite(database), close })
}

async function recordPostgres(): Promise<Recorded> {
  const url = await createDatabase(inject('postgresUrl'))
  const sent = await record(await postgresTarget(url))
  const client = await openClient(url)
  const close = async () => {
    await client.end()
    await dropDatabase(url)
  }
  return explaining(sent, { explain: explainPostgres(client), close })
}

type Sent = Awaited<ReturnType<typeof record>>

function explaining(sent: Sent, { explain, close }: { explain: Explain; close: () => Promise<void> }): Recorded {
  return {
    async of(unit) {
      const statements = sent.get(unit)?.statements ?? []
      return { explained: await explain(statements), asked: statements.length }
    },
    close,
  }
}

async function record(target: SeedTarget) {
  const seed = await seedKnowledge(target, size)
  const recording = recordStatements(target.storage)
  const sent = new Map<string, Awaited<ReturnType<typeof recording.during>>>()
  for (const [name, { ask, withEmbedder = false }] of Object.entries(units)) {
    const engine = await createEngine({ storage: recording.storage, ...(withEmbedder && { embedder: benchEmbedder }) })
    sent.set(name, await recording.during(() => ask(engine, seed)))
    await engine.stop()
  }
  await target.close()
  return sent
}
