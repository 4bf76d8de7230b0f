// A host with a table of its own beside Engine's, once for every handle that `engine.join` takes.
import { join } from 'node:path'

import Database from 'better-sqlite3'
import { Kysely, PostgresDialect, SqliteDialect, sql } from 'kysely'
import pg from 'pg'
import { onTestFinished } from 'vitest'

import type { Storage } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'

import { dump } from './engine.ts'
import { temporaryFolder } from './files.ts'
import { newDatabase } from './storages.ts'

export const sqliteShops = ['better-sqlite3', 'Kysely over SQLite'] as const
export const postgresShops = ['pg client', 'pg pool client', 'Kysely over Postgres'] as const
export type ShopKind = (typeof sqliteShops)[number] | (typeof postgresShops)[number]

/** A transaction of the host: its handle, and its own statement in it. */
export interface ShopTransaction {
  readonly handle: object
  addOrder(id: string): Promise<void>
  /** Sends a text in the transaction, such as a savepoint. */
  run(text: string): Promise<void>
}

export interface Shop {
  readonly storage: Storage
  /** Commits when the work is done, rolls back when it throws. */
  transaction<Result>(work: (tx: ShopTransaction) => Promise<Result>): Promise<Result>
  /** The orders that are committed. */
  orders(): Promise<string[]>
  /** Every committed row of Engine's, as one text: equal before and after means that nothing changed. */
  engineRows(): Promise<string>
}

export async function openShop(kind: ShopKind): Promise<Shop> {
  if (kind === 'better-sqlite3') return nativeSqliteShop()
  if (kind === 'Kysely over SQLite') return kyselySqliteShop()
  const url = await newDatabase()
  if (kind === 'Kysely over Postgres') return kyselyPostgresShop(url)
  return kind === 'pg client' ? clientShop(url) : poolShop(url)
}

const createOrders = 'create table orders (id text primary key, note text)'
/** The schema engine is there already, and the first place of a user of that name. */
const createPublicOrders = 'create table if not exists public.orders (id text primary key, note text)'

function newFile(): { file: string; storage: Storage } {
  const file = join(temporaryFolder(), 'shop.db')
  const db = new Database(file)
  db.exec(createOrders)
  db.close()
  return { file, storage: sqlite(file) }
}

/** A connection of the host's own, closed when the test is over. */
export function openNative(file: string): Database.Database {
  const db = new Database(file, { timeout: 100 })
  onTestFinished(() => void db.close())
  return db
}

function sqliteFacts(file: string): Pick<Shop, 'orders' | 'engineRows'> {
  const watcher = openNative(file)
  return {
    // One column of text, by the statement.
    orders: async () => watcher.prepare('select id from orders order by id').pluck().all() as string[],
    engineRows: async () => dump(file),
  }
}

function nativeSqliteShop(): Shop {
  const { file, storage } = newFile()
  const db = openNative(file)
  return {
    storage,
    ...sqliteFacts(file),
    async transaction(work) {
      db.exec('begin immediate')
      try {
        const result = await work({
          handle: db,
          addOrder: async (id) => void db.prepare('insert into orders (id) values (?)').run(id),
          run: async (text) => void db.exec(text),
        })
        db.exec('commit')
        return result
      } catch (error) {
        if (db.inTransaction) db.exec('rollback')
        throw error
      }
    },
  }
}

interface Tables {
  orders: { id: string; note: string | null }
}

function kyselyTransaction(db: Kysely<Tables>): Shop['transaction'] {
  return (work) =>
    db.transaction().execute((tx) =>
      work({
        handle: tx,
        addOrder: async (id) => void (await tx.insertInto('orders').values({ id, note: null }).execute()),
        run: async (text) => void (await sql.raw(text).execute(tx)),
      }),
    )
}

function kyselySqliteShop(): Shop {
  const { file, storage } = newFile()
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: openNative(file) }) })
  return { storage, ...sqliteFacts(file), transaction: kyselyTransaction(db) }
}

async function kyselyPostgresShop(url: string): Promise<Shop> {
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: await openPool(url) }) })
  return { storage: postgres(url), ...postgresFacts(url), transaction: kyselyTransaction(db) }
}

/** A pool of the host's own, with the parsers that node-postgres has by default. */
export async function openPool(url: string, options: pg.PoolConfig = {}): Promise<pg.Pool> {
  const pool = new pg.Pool({ connectionString: url, ...options })
  // The database is dropped while its connections are still closing.
  pool.on('error', () => undefined)
  onTestFinished(() => pool.end())
  await pool.query(createPublicOrders)
  return pool
}

export async function openClient(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  onTestFinished(() => client.end())
  return client
}

async function clientShop(url: string): Promise<Shop> {
  const client = await openClient(url)
  await client.query(createPublicOrders)
  return { storage: postgres(url), ...postgresFacts(url), transaction: (work) => clientTransaction(client, work) }
}

async function poolShop(url: string): Promise<Shop> {
  const pool = await openPool(url)
  return {
    storage: postgres(url),
    ...postgresFacts(url),
    async transaction(work) {
      const client = await pool.connect()
      return clientTransaction(client, work).finally(() => client.release())
    },
  }
}

export async function clientTransaction<Result>(client: pg.ClientBase, work: (tx: ShopTransaction) => Promise<Result>): Promise<Result> {
  await client.query('begin')
  try {
    const result = await work({
      handle: client,
      addOrder: async (id) => void (await client.query('insert into orders (id) values ($1)', [id])),
      run: async (text) => void (await client.query(text)),
    })
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

function postgresFacts(url: string): Pick<Shop, 'orders' | 'engineRows'> {
  async function ask<Row extends pg.QueryResultRow>(text: string): Promise<Row[]> {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    return client.query<Row>(text).then(
      ({ rows }) => client.end().then(() => rows),
      (error: unknown) => client.end().then(() => Promise.reject(error)),
    )
  }
  return {
    orders: async () => (await ask<{ id: string }>('select id from orders order by id')).map((row) => row.id),
    async engineRows() {
      const [row] = await ask<{ rows: string }>(`select schema_to_xml('engine', true, false, '')::text as rows`)
      return row?.rows ?? ''
    },
  }
}
