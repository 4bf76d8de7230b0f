import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, it, onTestFinished } from 'vitest'

import { createEngine } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'

import { explainSqlite } from '../bench/lib/plans.ts'
import { recordStatements } from '../bench/lib/record-statements.ts'
import { openRaw } from '../bench/lib/sqlite.ts'

// A company has a period for each day and month of each of its budgets, and keeps them all.
it('on SQLite a cost finds the periods that it changes by their keys, however many there were before', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'engine-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'budgets.db')
  const recording = recordStatements(sqlite(path))
  const engine = await createEngine({ storage: recording.storage })
  const { id: companyId } = await engine.companies.create({ name: 'Acme' })
  const budget = { companyId, scope: 'company', scopeId: companyId, metric: 'micros', isHard: true } as const
  await engine.budgets.set({ ...budget, window: 'day', limit: 1_000_000 })
  await engine.budgets.set({ ...budget, window: 'month_utc', limit: 1_000_000 })
  const cost = { companyId, provider: 'acme', model: 'acme-1', costMicros: 10 }
  const sent = await recording.during(() => engine.costs.report({ ...cost, sourceEventId: 'one' }))
  expect((await engine.budgets.list({ companyId })).items.map(({ spent }) => spent)).toEqual([10, 10])
  await engine.stop()
  const database = openRaw(path)
  onTestFinished(() => void database.close())
  const changing = sent.statements.filter(({ sql }) => /update "?budget_periods/.test(sql))
  const steps = (await explainSqlite(database)(changing)).flatMap(({ plans }) => plans.flat())
  const searched = steps.filter(({ text }) => text.startsWith('SEARCH p ')).map(({ text }) => text)
  expect(searched).toEqual([expect.stringContaining('(company_id=? AND budget_id=? AND starts_at=?)')])
})
