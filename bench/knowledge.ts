import { join } from 'node:path'

import { createEngine, type Embedder, type Engine } from '@engine/core'

import { spreadOf, type BenchOptions } from './lib/measure.ts'
import { postgresTarget, withPostgres } from './lib/pg.ts'
import { factRow, type Report, type Row } from './lib/report.ts'
import { benchEmbedder, seedKnowledge, type KnowledgeSeed } from './lib/seed-knowledge.ts'
import type { SeedTarget } from './lib/seed-target.ts'
import { sqliteTarget, withFolder } from './lib/sqlite.ts'

const columns = ['100 entries, ms', '10,000 entries, ms', 'times']
const sizes = [100, 10_000]
/** What is asked, once with rare words and once with none. */
const units: Readonly<Record<string, (engine: Engine, seed: KnowledgeSeed) => Promise<unknown>>> = {
  'search, rare and common words': (engine, { companyId }) =>
    engine.knowledge.search({ companyId, query: 'when the customer and w7 of w11' }),
  'search, common words only': (engine, { companyId }) => engine.knowledge.search({ companyId, query: 'when we deploy the customer' }),
  'context of a task': (engine, { taskId }) => engine.knowledge.context({ taskId }),
}

/** How long finding knowledge takes in a company that knows little and in one that knows much, by words and by meaning too. */
export async function benchKnowledge({ rounds }: BenchOptions): Promise<Report> {
  const rows = [
    ...(await withFolder(async (folder) => rowsOf('SQLite', (size) => Promise.resolve(sqliteTarget(join(folder, `${size}.db`))), rounds))),
    ...(await withPostgres((server) =>
      rowsOf('Postgres', async (size) => postgresTarget(await server.createDatabase(`knowledge_${size}`)), rounds),
    )),
  ]
  return { bench: 'knowledge: finding it in a small and in a large company (vectors of 384 dimensions)', columns, rows }
}

async function rowsOf(database: string, open: (size: number) => Promise<SeedTarget>, rounds: number): Promise<Row[]> {
  const figures = new Map<string, number[]>()
  for (const size of sizes) {
    const target = await open(size)
    const seed = await seedKnowledge(target, { entries: size, comments: 20_000 })
    for (const embedder of [undefined, benchEmbedder]) {
      const engine = await createEngine({ storage: target.storage, ...(embedder && { embedder }) })
      for (const [unit, ask] of Object.entries(units)) {
        const name = nameOf(database, unit, embedder)
        figures.set(name, [...(figures.get(name) ?? []), await medianMs(() => ask(engine, seed), rounds * 3)])
      }
      await engine.stop()
    }
    await target.close()
  }
  return [...figures].map(([variant, [small = 0, large = 0]]) => {
    const cells = [small.toFixed(1), large.toFixed(1), (large / small).toFixed(1)]
    return factRow(variant, { cells, facts: { small, large } })
  })
}

function nameOf(database: string, unit: string, embedder: Embedder | undefined): string {
  return `${database}: ${unit}${embedder ? ', with an embedder' : ''}`
}

async function medianMs(work: () => Promise<unknown>, times: number): Promise<number> {
  const took: number[] = []
  for (let time = 0; time <= times; time += 1) {
    const startedMs = performance.now()
    await work()
    took.push(performance.now() - startedMs)
  }
  // The first one prepares its statements.
  return spreadOf(took.slice(1)).median
}
