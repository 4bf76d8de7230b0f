// A database of an earlier schema, with work in it, is opened by this version. Released migrations never change, so the earlier
// schema is what the first of them make.
import { join } from 'node:path'

import { sql, type Kysely } from 'kysely'
import { describe, expect, it, onTestFinished } from 'vitest'

import { createEngine, systemActor, type Storage } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'
import { errorOf } from '@engine/testing'

import { migrate } from '../packages/core/src/database/migrate.ts'
import { migrations } from '../packages/core/src/database/migrations/index.ts'
import { openDatabase } from '../packages/core/src/database/open.ts'
import type { Database } from '../packages/core/src/database/tables.ts'
import { temporaryFolder } from './support/files.ts'
import { keeper } from './support/keeper-plugin.ts'
import { emptyDatabase } from './support/storages.ts'

const places = {
  'a SQLite file': async () => {
    const file = join(temporaryFolder(), 'engine.db')
    return () => sqlite(file)
  },
  Postgres: async () => {
    const url = await emptyDatabase()
    return () => postgres(url)
  },
}

const now = '2026-01-02T03:04:05.678Z'
const id = (number: number) => `01890000-0000-7000-8000-${String(number).padStart(12, '0')}`
const [company, ada, done, open] = [id(1), id(2), id(3), id(4)]

const versioned = { version: 1, created_at: now, updated_at: now }
const ofCompany = { company_id: company, ...versioned }
const plainTask = {
  ...ofCompany,
  priority: 2,
  required_capabilities: '[]',
  tags: '[]',
  acceptance_criteria: '[]',
  context: '{}',
  max_attempts: 3,
}
const byHand = {
  adapter_type: 'process',
  adapter_config: '{}',
  execution_mode: 'manual',
  max_concurrent_runs: 3,
  capabilities: '["write"]',
}
const counts = { backlog: 0, todo: 1, in_progress: 0, in_review: 0, blocked: 0, done: 1, cancelled: 0 }
const logged = { company_id: company, actor_kind: 'system', actor_id: 'system', at: now, entity_version: 1, data: '{}' }

/** Rows as the versions of those schemas wrote them. */
const rows: readonly (readonly [string, Record<string, string | number>])[] = [
  ['companies', { id: company, name: 'Acme', status: 'active', task_prefix: 'ACM', task_counter: 2, settings: '{}', ...versioned }],
  ['agents', { id: ada, name: 'Ada', role: 'writer', status: 'idle', ...byHand, ...ofCompany }],
  ['tasks', { id: done, identifier: 'ACM-1', title: 'Grüße schreiben', status: 'done', completed_at: now, ...plainTask }],
  ['tasks', { id: open, identifier: 'ACM-2', title: 'Report', status: 'todo', parent_id: done, assignee_agent_id: ada, ...plainTask }],
  ['company_counters', { company_id: company, shard: 0, ...counts }],
  ['events', { id: id(11), type: 'company.created', entity_type: 'company', entity_id: company, ...logged }],
  ['events', { id: id(12), type: 'agent.registered', entity_type: 'agent', entity_id: ada, ...logged }],
  ['events', { id: id(13), type: 'task.created', entity_type: 'task', entity_id: done, ...logged }],
  ['events', { id: id(14), type: 'task.created', entity_type: 'task', entity_id: open, ...logged }],
]

async function fill(db: Kysely<Database>, filled = rows): Promise<void> {
  for (const [table, row] of filled) {
    const columns = sql.join(Object.keys(row).map((name) => sql.ref(name)))
    await sql`insert into ${sql.table(table)} (${columns}) values (${sql.join(Object.values(row))})`.execute(db)
  }
}

/** A database as it was after the first `count` migrations, with a company at work. */
async function makeOld(storage: Storage, count: number): Promise<void> {
  const db = openDatabase(storage, storage.open().dialect)
  await migrate(db, { schema: storage.schema, migrations: migrations.slice(0, count) })
  await db.transaction().execute(fill)
  await db.destroy()
}

const migrationsBefore = (name: string) =>
  migrations.slice(
    0,
    migrations.findIndex(({ id: found }) => found === name),
  )

const cost = { company_id: company, provider: 'local', occurred_at: now, created_at: now, output_tokens: 0, cached_input_tokens: 0 }
const free = { ...cost, input_tokens: 10, cost_micros: 0, is_imputed: 0, billing_type: 'unknown' }
const freeSums = { company_id: company, billing_type: 'unknown', is_imputed: 0, output_tokens: 0, cached_input_tokens: 0, cost_micros: 0 }

/** Costs as they were kept while all that was free was taken for unpriced, with their sums in two rows, as many writers leave them. */
const costRows: typeof rows = [
  ['cost_events', { id: id(21), source: 'run', source_event_id: '1', ...free }],
  ['cost_events', { id: id(22), source: 'invoices', source_event_id: '1', ...free }],
  ['cost_events', { id: id(23), source: 'invoices', source_event_id: '2', ...free }],
  ...(['day 2026-01-02', 'month 2026-01', 'model 2026-01'] as const).flatMap((place) => {
    const [scope = '', period = ''] = place.split(' ')
    const sum = { scope, period, subject: scope === 'model' ? 'local ' : '', ...freeSums }
    return [
      ['cost_totals', { ...sum, shard: 0, events: 1, unpriced: 1, input_tokens: 10 }],
      ['cost_totals', { ...sum, shard: 7, events: 2, unpriced: 2, input_tokens: 20 }],
    ] satisfies typeof rows
  }),
]

describe.each(Object.entries(places))('%s of an earlier schema', (_, newPlace) => {
  it.each([2, 3, 4])('with %i migrations is brought up to date with its work, which goes on', async (count) => {
    const open_ = await newPlace()
    await makeOld(open_(), count)
    const engine = await createEngine({ storage: open_() })
    onTestFinished(() => engine.stop())
    expect((await engine.tasks.list({ companyId: company })).items).toMatchObject([
      { identifier: 'ACM-1', status: 'done', parentId: null },
      { identifier: 'ACM-2', status: 'todo', assigneeAgentId: ada, parentId: done },
    ])
    const { checks } = await engine.verify()
    expect(checks.filter(({ violations }) => violations.length > 0).map(({ name }) => name)).toEqual([])
    const { items: revisions } = await engine.agents.revisions({ agentId: ada })
    // With the fourth migration come the revisions of those who are there by then.
    const configuration = { role: 'writer', title: null, capabilities: ['write'], adapterConfig: {}, fallbacks: [], maxConcurrentRuns: 3 }
    expect(revisions).toMatchObject(count < 4 ? [{ number: 1, changed: [], configuration }] : [])
    expect((await engine.search.find({ companyId: company, query: 'grüße' })).items).toMatchObject([{ id: done }])
    expect(await engine.tasks.checkout({ taskId: 'ACM-2' })).toMatchObject({ task: { status: 'in_progress' }, run: { agentId: ada } })
    expect((await engine.tasks.create({ companyId: company, title: 'Next' })).identifier).toBe('ACM-3')
    expect(await errorOf(engine.tasks.get({ taskId: id(9) }))).toMatchObject({ code: 'not_found' })
  })

  it('tells what nobody knew the price of from what reported costs say is free', async () => {
    const open_ = await newPlace()
    await makeOld(open_(), 4)
    const storage = open_()
    const db = openDatabase(storage, storage.open().dialect)
    await migrate(db, { schema: storage.schema, migrations: migrationsBefore('0037-prices-that-nobody-knew') })
    await db.transaction().execute((tx) => fill(tx, costRows))
    await db.destroy()
    const engine = await createEngine({ storage: open_() })
    onTestFinished(() => engine.stop())
    expect((await engine.costs.summary({ companyId: company })).total).toMatchObject({ events: 3, unpricedEvents: 1, inputTokens: 30 })
    const { items } = await engine.costs.list({ companyId: company })
    expect(items.filter(({ isPriced }) => !isPriced).map(({ source }) => source)).toEqual(['run'])
    expect((await engine.verify()).checks.flatMap(({ violations }) => violations)).toEqual([])
  })

  it('keeps what plugins kept and claimed, forgets none of it for newer claims, and has room for their values', async () => {
    const open_ = await newPlace()
    await makeOld(open_(), 4)
    const storage = open_()
    const db = openDatabase(storage, storage.open().dialect)
    await migrate(db, { schema: storage.schema, migrations: migrationsBefore('0039-claims-of-plugins') })
    // What was claimed then is kept as the value true is. It was not bounded.
    const kept = { company_id: company, plugin: 'keeper', value: 'true', version: 1, updated_at: now }
    await db.transaction().execute((tx) =>
      fill(
        tx,
        [...Array(10_000).keys()].map((number) => ['plugin_state', { ...kept, key: `${number}` }]),
      ),
    )
    await migrate(db, { schema: storage.schema, migrations })
    await db.transaction().execute((tx) => fill(tx, [['plugin_state', { ...kept, key: 'latest', claim_number: 100_000 }]]))
    await db.destroy()
    const engine = await createEngine({ storage: open_(), plugins: [keeper] })
    onTestFinished(() => engine.stop())
    const ask = (verb: string, key: string) =>
      engine.execute('keeper.ask', { input: { companyId: company, verb, key }, actor: systemActor })
    expect(await ask('claim', 'one more')).toBe(true)
    expect([await ask('get', '0'), await ask('claim', '9999')]).toEqual([{ value: true, version: 1 }, false])
    expect(await ask('set', 'a value')).toBe(1)
  })
})
