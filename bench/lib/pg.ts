import { createEngine } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import pg, { type Client } from 'pg'

import { startPostgres, type PostgresServer } from '../../test/support/postgres.ts'
import { createOneStatementTwin } from '../baseline/checkout-postgres.ts'
import { benchAdapter } from './adapter.ts'
import { newId } from './id.ts'
import { copies, readTemplate, type SeedTarget, type StoredRow } from './seed-target.ts'
import { serverCpuUs } from './server-cpu.ts'

/** As a server is run, but for work of its own in the background, which would be counted as somebody's. */
const settings = { autovacuum: 'off', shared_buffers: '512MB', max_wal_size: '8GB', checkpoint_timeout: '30min' }

export interface BenchServer {
  createDatabase(name: string): Promise<string>
  /** A copy of a database that nobody is connected to. */
  copyDatabase(url: string, name: string): Promise<string>
  /** CPU time of all its processes so far; null where the system does not tell. */
  readonly cpuUs: () => number | null
}

/** A server for the time of the work. */
export async function withPostgres<Result>(work: (server: BenchServer) => Promise<Result>): Promise<Result> {
  const server = await startPostgres({ settings })
  try {
    return await work(benchServer(server))
  } finally {
    await server.stop()
  }
}

function benchServer(server: PostgresServer): BenchServer {
  return {
    createDatabase: (name) => server.createDatabase(name),
    async copyDatabase(url, name) {
      const copy = new URL(url)
      copy.pathname = `/${name}`
      const template = new URL(url).pathname.slice(1)
      await withClient(server.url, (client) => client.query(`create database ${name} template ${template}`))
      // An engine that opens a copy begins a new epoch in it; until one has, nothing can be written there.
      await (await createEngine({ storage: postgres(copy.href) })).stop()
      return copy.href
    },
    cpuUs: () => serverCpuUs(server.pid),
  }
}

/** A connection of the raw twins. */
export async function openClient(url: string): Promise<Client> {
  const client = new pg.Client({ connectionString: url })
  // Whoever asks it for something is told; without a listener the end of the server would hide why it ended.
  client.on('error', () => undefined)
  await client.connect()
  return client
}

export async function withClient<Result>(url: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = await openClient(url)
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** How many rows one statement of a seed brings. */
const rowsTogether = 2_000

/** A database of the server for seeds. */
export async function postgresTarget(url: string): Promise<SeedTarget> {
  const client = await openClient(url)
  // Rows of a seed fit each other as they are made; checking each link would take longer than writing them.
  await client.query('set session_replication_role = replica')
  async function insertTogether(table: string, rows: readonly StoredRow[]) {
    const columns = Object.keys(rows[0] ?? {}).join(', ')
    const text = `insert into engine.${table} (${columns}) select ${columns} from jsonb_populate_recordset(null::engine.${table}, $1)`
    await client.query(text, [JSON.stringify(rows)])
  }
  return {
    storage: postgres(url),
    table: (name) => `engine.${name}`,
    async read(query) {
      // As JSON, in which values look as the recordset of `insert` wants them.
      const { rows } = await client.query<{ row: StoredRow }>(`select to_jsonb(found) as row from (${query}) found`)
      return rows.map(({ row }) => row)
    },
    async insert(table, rows) {
      let waiting: StoredRow[] = []
      for (const row of rows) {
        waiting.push(row)
        if (waiting.length < rowsTogether) continue
        await insertTogether(table, waiting)
        waiting = []
      }
      if (waiting.length > 0) await insertTogether(table, waiting)
    },
    run: async (statement) => void (await client.query(statement)),
    refreshStatistics: async () => void (await client.query('vacuum analyze')),
    close: () => client.end(),
  }
}

export interface PgSeed {
  readonly url: string
  readonly companyId: string
  /** In the order in which they are to be checked out; neighbours are of different agents. */
  readonly tasks: readonly { readonly taskId: string; readonly agentId: string }[]
}

/** So many that callers seldom meet at one agent's row. */
const agentCount = 64
const slotsForAll = 1_000_000

/** Tasks that are out before anything is measured: a planner that has seen empty tables plans to read them whole. */
const tasksOut = 3_000

/** A database made by the project's migrations, with tasks that wait for their checkout. Copy it before it is used. */
export async function seedPgTasks(server: BenchServer, count: number): Promise<PgSeed> {
  const url = await server.createDatabase('seed')
  const target = await postgresTarget(url)
  const engine = await createEngine({ storage: target.storage, adapters: [benchAdapter] })
  const { id: companyId } = await engine.companies.create({ name: 'Bench' })
  const agent = await engine.agents.create({
    companyId,
    name: 'Agent',
    role: 'bench',
    adapterType: benchAdapter.type,
    executionMode: 'manual',
  })
  const task = await engine.tasks.create({ companyId, title: 'A task to check out', description: 'Written by the bench.' })
  await engine.stop()
  const agentIds = Array.from({ length: agentCount }, () => newId(Date.now()))
  const newTask = (_: unknown, index: number) => ({ taskId: newId(Date.now()), agentId: agentIds[index % agentCount] ?? '' })
  const tasks = Array.from({ length: tasksOut + count }, newTask)
  const agentRow = { ...(await readTemplate(target, 'agents', agent.id)), max_concurrent_runs: slotsForAll }
  const taskRow = await readTemplate(target, 'tasks', task.id)
  await target.insert(
    'agents',
    copies(agentRow, agentCount, (index) => ({ id: agentIds[index], name: `Agent ${index + 1}` })),
  )
  await target.insert(
    'tasks',
    copies(taskRow, tasks.length, (index) => ({ id: tasks[index]?.taskId, identifier: `COPY-${index + 1}` })),
  )
  await withClient(url, async (client) => {
    const twin = createOneStatementTwin(await readEpoch(client))
    for (const out of tasks.slice(0, tasksOut)) await twin.checkout(client, { companyId, ...out })
  })
  await target.refreshStatistics()
  await target.run('checkpoint')
  await target.close()
  return { url, companyId, tasks: tasks.slice(tasksOut) }
}

/** The epoch that a database is in. */
export async function readEpoch(client: Client): Promise<number> {
  const { rows } = await client.query<{ epoch: number }>('select epoch::int from engine.engine_instance')
  if (!rows[0]) throw new Error('no engine has opened this database since it was copied')
  return rows[0].epoch
}

/** How many rows each table of the engine has. */
export async function countPgRows(client: Client): Promise<Record<string, number>> {
  const tables = await client.query<{ name: string }>(`select tablename as name from pg_tables where schemaname = 'engine' order by 1`)
  const counts: Record<string, number> = {}
  for (const { name } of tables.rows) {
    const { rows } = await client.query<{ count: string }>(`select count(*) from engine.${name}`)
    counts[name] = Number(rows[0]?.count)
  }
  return counts
}
