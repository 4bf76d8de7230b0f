// What one statement on Postgres does takes its numbers in the log and is committed later, as everything else: nobody may read past them meanwhile.
import pg from 'pg'
import { expect, it, onTestFinished } from 'vitest'

import { systemActor, type Engine } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { until } from '@engine/testing'

import { createWorld } from './support/engine.ts'
import { newDatabase } from './support/storages.ts'

interface Setting {
  readonly engine: Engine
  readonly companyId: string
  readonly agentId: string
}

type Change = (setting: Setting) => Promise<() => Promise<unknown>>

const task = (setting: Setting, named: object = {}) =>
  setting.engine.tasks.create({ companyId: setting.companyId, title: 'A task', ...named })

async function claimed(setting: Setting) {
  const { engine, companyId, agentId } = setting
  const { id: taskId } = await task(setting, { assigneeAgentId: agentId })
  const runId = (await engine.runs.list({ companyId, taskId })).items[0]?.id ?? ''
  const claim = () => engine.execute('runs.claim', { input: { runId, workerId: 'a worker' }, actor: systemActor })
  return { taskId, runId, claim }
}

const changes: Record<string, Change> = {
  'tasks.create': async (setting) => () => task(setting),
  'tasks.create for an agent': async (setting) => () => task(setting, { assigneeAgentId: setting.agentId }),
  'tasks.update': async (setting) => {
    const { id: taskId } = await task(setting)
    return () => setting.engine.tasks.update({ taskId, title: 'Another title' })
  },
  'tasks.checkout': async (setting) => {
    const { id: taskId } = await task(setting)
    return () => setting.engine.tasks.checkout({ taskId, agentId: setting.agentId })
  },
  'runs.claim': async (setting) => (await claimed(setting)).claim,
  'runs.report': async (setting) => {
    const { companyId, agentId, engine } = setting
    const { taskId, runId, claim } = await claimed(setting)
    await claim()
    const run = engine.as({ kind: 'run', id: runId, companyId, agentId, taskId, fence: 1 })
    return () => run.runs.report({ runId, outcome: { kind: 'done' } })
  },
}

/** What these statements write last: a row of the company's counts, whichever it will be, or what a task is found by. */
const lastRows = [
  `insert into engine.company_counters (company_id, shard, backlog, todo, in_progress, in_review, blocked, done, cancelled)
    select c.id, shard, 0, 0, 0, 0, 0, 0, 0 from engine.companies c, generate_series(0, 15) shard on conflict do nothing`,
  'begin',
  'select from engine.company_counters for update',
  'select from engine.search_entries for update',
]

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client(url)
  await client.connect()
  onTestFinished(() => client.end())
  return client
}

it.each(Object.entries(changes))('%s is not read past while it is under way', async (_, prepare) => {
  const url = await newDatabase()
  const world = await createWorld({ storage: postgres(url) })
  onTestFinished(() => world.engine.stop())
  const { engine, companyId } = world
  const change = await prepare(world)
  const { id: other } = await engine.companies.create({ name: 'Other' })
  const [holder, looker] = [await connect(url), await connect(url)]
  for (const text of lastRows) await holder.query(text)
  const before = await engine.events.list({ companyId, limit: 100 })
  const changing = change()
  await until(
    async () =>
      (await looker.query('select from pg_stat_activity where datname = current_database() and wait_event_type = $1', ['Lock'])).rowCount,
    (waiting) => (waiting ?? 0) > 0,
  )
  // Committed at once, and with a higher number.
  await engine.labels.create({ companyId: other, name: 'Later' })
  const types = async (id: string) => (await engine.events.list({ companyId: id, limit: 100 })).items.map(({ type }) => type)
  expect(await types(other)).not.toContain('label.created')
  await holder.query('commit')
  await changing
  expect(await types(other)).toContain('label.created')
  expect((await types(companyId)).length).toBeGreaterThan(before.items.length)
})
