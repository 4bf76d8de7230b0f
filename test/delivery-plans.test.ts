import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, it, onTestFinished } from 'vitest'

import { createEngine, type Storage } from '@engine/core'
import { DESTINATION_SPEC, type Destination } from '@engine/core/plugin'
import { sqlite } from '@engine/storage-sqlite'
import { until } from '@engine/testing'
import { z } from 'zod'

import { explainSqlite, planProblems } from '../bench/lib/plans.ts'
import { recordStatements, type Sent } from '../bench/lib/record-statements.ts'
import { openRaw } from '../bench/lib/sqlite.ts'

const growing = ['deliveries', 'delivery_attempts', 'events', 'tasks']

/** Takes everything at its second try. */
const hesitant: Destination = {
  spec: DESTINATION_SPEC,
  type: 'hesitant',
  title: 'Takes it the second time',
  configSchema: z.strictObject({}),
  deliver: async ({ attempt }) => (attempt === 1 ? { kind: 'retry', reason: 'not yet' } : { kind: 'delivered' }),
  test: async () => ({ checks: [] }),
}

// SQLite knows nothing of how many rows there are: what it reads whole among few it reads whole among all that a company ever sent.
it('on SQLite what became of deliveries is recorded by their ids, however many there were before', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'engine-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'deliveries.db')
  const sent = await record(sqlite(path))
  const database = openRaw(path)
  onTestFinished(() => void database.close())
  const explained = await explainSqlite(database)(sent.statements)
  expect(planProblems(explained, { scan: growing })).toEqual([])
  const steps = explained.filter(({ sql }) => /\bdeliveries\b/.test(sql)).flatMap(({ plans }) => plans.flat())
  expect(steps.filter(({ kind }) => kind === 'search').length).toBeGreaterThan(5)
  expect(steps.filter(({ text }) => /^SEARCH \w+ .*\(company_id=\?\)$/.test(text)).map(({ text }) => text)).toEqual([])
})

/** What an engine asks for that sends deliveries, each with two tries. */
async function record(storage: Storage): Promise<Sent> {
  const recording = recordStatements(storage)
  const engine = await createEngine({ storage: recording.storage, destinations: [hesitant], settings: { pollMs: 50 } })
  const { id: companyId } = await engine.companies.create({ name: 'Acme' })
  await engine.routes.create({
    companyId,
    name: 'All',
    destinationType: 'hesitant',
    events: ['task.created'],
    retry: { maxAttempts: 3, baseSec: 0.01, capSec: 0.02, maxAgeSec: 600 },
  })
  const sendAll = async () => {
    await engine.start()
    const open = async () => {
      const pages = (['pending', 'retrying'] as const).map((status) => engine.deliveries.list({ companyId, status, limit: 1 }))
      return (await Promise.all(pages)).flatMap(({ items }) => items)
    }
    await until(open, (items) => items.length === 0)
    await engine.stop()
  }
  await engine.tasks.createMany({ companyId, tasks: Array.from({ length: 100 }, (_, index) => ({ title: `Task ${index}` })) })
  return recording.during(sendAll)
}
