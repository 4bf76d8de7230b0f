import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import Connection, { type Database, type Statement } from 'better-sqlite3'
import { createEngine } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'

import { newId } from './id.ts'
import type { SeedTarget, StoredRow } from './seed-target.ts'

/** Results and throw-away databases: on the disk of the project, since /tmp is often memory and then fsync costs nothing. */
export const outFolder = join(import.meta.dirname, '..', 'out')

export interface Seed {
  readonly path: string
  readonly companyId: string
  /** In the order in which they are to be checked out; `agentId` has a free slot for each. */
  readonly tasks: readonly { readonly taskId: string; readonly agentId: string }[]
}

/** Fewer than its 50 slots, so that no checkout is refused for want of one. */
const tasksPerAgent = 20

export async function withFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  mkdirSync(outFolder, { recursive: true })
  const folder = mkdtempSync(join(outFolder, 'databases-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A database made by the project's migrations, with tasks that wait for their checkout. The engine makes one task, which is copied. */
export async function seedTasks(folder: string, count: number): Promise<Seed> {
  const path = join(folder, 'seed.db')
  const engine = await createEngine({ storage: sqlite(path) })
  const company = await engine.companies.create({ name: 'Bench' })
  const task = await engine.tasks.create({ companyId: company.id, title: 'A task to check out', description: 'Written by the bench.' })
  await engine.stop()
  const database = openRaw(path)
  const tasks = database.transaction(() => copyTask(database, { companyId: company.id, taskId: task.id, count }))()
  database.close()
  return { path, companyId: company.id, tasks }
}

export function copySeed(seed: Pick<Seed, 'path'>, name: string): string {
  const path = join(seed.path, '..', `${name}.db`)
  copyFileSync(seed.path, path)
  return path
}

// As the storage configures its own (packages/storage-sqlite/src/open.ts), and with the journals of savepoints in memory:
// in files they cost a raw group more than all of its statements.
const settings = [
  'journal_mode = WAL',
  'synchronous = FULL',
  'foreign_keys = ON',
  'cache_size = -8192',
  'wal_autocheckpoint = 4000',
  'temp_store = MEMORY',
]

/** A connection of the raw twins. */
export function openRaw(path: string): Database {
  const database = new Connection(path)
  for (const setting of settings) database.pragma(setting)
  return database
}

function copyTask(database: Database, given: { companyId: string; taskId: string; count: number }): Seed['tasks'] {
  // A row of a table whose columns the migrations decide.
  const template = database.prepare('select * from tasks where id = ?').get(given.taskId) as Record<string, unknown>
  const insert = prepareInsert(database, 'tasks', Object.keys(template))
  let agentId = ''
  return Array.from({ length: given.count }, (_, index) => {
    if (index % tasksPerAgent === 0) agentId = insertAgent(database, given.companyId, index)
    const taskId = newId(Date.now())
    insert.run({ ...template, id: taskId, identifier: `COPY-${index + 1}` })
    return { taskId, agentId }
  })
}

function insertAgent(database: Database, companyId: string, index: number): string {
  const id = newId(Date.now())
  const now = new Date().toISOString()
  database
    .prepare(
      `insert into agents (id, company_id, name, role, status, capabilities, adapter_type, adapter_config, execution_mode,
        max_concurrent_runs, version, created_at, updated_at)
      values (?, ?, ?, 'bench', 'idle', '[]', 'bench', '{}', 'manual', 50, 1, ?, ?)`,
    )
    .run(id, companyId, `Agent ${index}`, now, now)
  return id
}

/** How many rows of a seed share a transaction. */
const rowsTogether = 50_000

/** A database file for seeds. */
export function sqliteTarget(path: string): SeedTarget {
  let database: Database | undefined
  // Opened when the engine has made it.
  const open = () => (database ??= openForSeed(path))
  return {
    storage: sqlite(path),
    table: (name) => name,
    read: async (query) => open().prepare<[], StoredRow>(query).all(),
    async insert(table, rows) {
      const database = open()
      let insert: Statement<[StoredRow]> | undefined
      let inserted = 0
      database.exec('begin')
      for (const row of rows) {
        insert ??= prepareInsert(database, table, Object.keys(row))
        insert.run(row)
        inserted += 1
        // One transaction of millions of rows would be a log as long as the database.
        if (inserted % rowsTogether === 0) database.exec('commit; begin')
      }
      database.exec('commit')
    },
    run: async (statement) => void open().exec(statement),
    refreshStatistics: async () => undefined,
    close: async () => void open().close(),
  }
}

/** Rows of a seed fit each other as they are made; checking each link would take longer than writing them. */
function openForSeed(path: string): Database {
  const database = openRaw(path)
  for (const setting of ['foreign_keys = OFF', 'synchronous = OFF']) database.pragma(setting)
  return database
}

function prepareInsert(database: Database, table: string, columns: readonly string[]): Statement<[StoredRow]> {
  const values = columns.map((column) => `@${column}`).join(', ')
  return database.prepare<[StoredRow]>(`insert into ${table} (${columns.join(', ')}) values (${values})`)
}

/** How many rows each table has. */
export function countRows(database: Database): Record<string, number> {
  const tables = database
    .prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name")
    .pluck()
    .all()
  return Object.fromEntries(
    tables.map((table) => [
      String(table),
      Number(
        database
          .prepare(`select count(*) from "${String(table)}"`)
          .pluck()
          .get(),
      ),
    ]),
  )
}

/** How many commits the write-ahead log of a database holds; call it before the log is as long as its checkpoint (4,000 pages). */
export function countCommits(path: string): number {
  const log = readFileSync(`${path}-wal`)
  const [headerBytes, frameHeaderBytes, salt] = [32, 24, log.subarray(16, 24)]
  const frameBytes = frameHeaderBytes + log.readUInt32BE(8)
  let commits = 0
  for (let at = headerBytes; at + frameBytes <= log.length; at += frameBytes) {
    // Frames with another salt are left over from before a checkpoint (SQLite file format, section 4.1).
    if (!log.subarray(at + 8, at + 16).equals(salt)) break
    const pagesAfterCommit = log.readUInt32BE(at + 4)
    if (pagesAfterCommit !== 0) commits += 1
  }
  return commits
}
