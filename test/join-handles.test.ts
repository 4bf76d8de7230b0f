import { symlinkSync } from 'node:fs'
import { join } from 'node:path'

import type Database from 'better-sqlite3'
import { Kysely, PostgresDialect, SqliteDialect, sql } from 'kysely'
import type pg from 'pg'
import { describe, expect, inject, it, onTestFinished } from 'vitest'

import { createEngine, type Engine, type Storage } from '@engine/core'
import { pglite, postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'
import { watched } from '@engine/testing'

import { errorOf } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'
import { clientTransaction, openClient, openNative, openPool } from './support/join-shops.ts'
import { emptyDatabase, newDatabase } from './support/storages.ts'

async function openEngine(storage: Storage, options: Partial<Parameters<typeof createEngine>[0]> = {}): Promise<Engine> {
  const engine = await createEngine({ storage: watched(storage), checksOutputs: true, ...options })
  onTestFinished(() => engine.stop())
  return engine
}

/** What a handle is refused with, at the join or at the first call. */
async function refusalOf(engine: Engine, handle: object) {
  return errorOf((async () => engine.join(handle).companies.create({ name: 'Acme' }))())
}

async function inTransaction<Result>(db: Database.Database, work: () => Promise<Result>): Promise<Result> {
  db.exec('begin immediate')
  try {
    return await work()
  } finally {
    if (db.inTransaction) db.exec('rollback')
  }
}

const newFile = () => join(temporaryFolder(), 'engine.db')

describe('a handle that can not be joined', () => {
  it('on SQLite is a connection without a transaction, and the refusal says what to do', async () => {
    const file = newFile()
    const engine = await openEngine(sqlite(file))
    expect(await refusalOf(engine, openNative(file))).toMatchObject({
      code: 'not_joinable',
      message: expect.stringContaining('begin immediate'),
    })
  })

  it('on SQLite is another file, or a database in memory', async () => {
    const [file, other] = [newFile(), newFile()]
    const engine = await openEngine(sqlite(file))
    const stranger = await openEngine(sqlite(other))
    for (const path of [other, newFile().replace('engine.db', 'empty.db'), ':memory:']) {
      const db = openNative(path)
      expect((await inTransaction(db, () => refusalOf(engine, db))).code).toBe('not_joinable')
    }
    expect((await stranger.companies.list()).items).toEqual([])
  })

  it('on SQLite is not the same file by another name', async () => {
    const file = newFile()
    const engine = await openEngine(sqlite(file))
    const link = join(temporaryFolder(), 'link.db')
    symlinkSync(file, link)
    const db = openNative(link)
    await inTransaction(db, async () => {
      await engine.join(db).companies.create({ name: 'Acme' })
      db.exec('commit')
    })
    expect((await engine.companies.list()).items).toHaveLength(1)
  })

  it('on SQLite is a connection that does not enforce foreign keys', async () => {
    const file = newFile()
    const engine = await openEngine(sqlite(file))
    const db = openNative(file)
    db.pragma('foreign_keys = off')
    const error = await inTransaction(db, () => refusalOf(engine, db))
    expect(error).toMatchObject({ code: 'not_joinable', message: expect.stringContaining('foreign_keys = on') })
  })

  it('on SQLite is a Kysely whose driver reads integers as bigints; the connection itself is taken', async () => {
    const file = newFile()
    const engine = await openEngine(sqlite(file))
    const db = openNative(file)
    db.defaultSafeIntegers(true)
    const kysely = new Kysely<unknown>({ dialect: new SqliteDialect({ database: db }) })
    const error = await kysely.transaction().execute((tx) => refusalOf(engine, tx))
    expect(error).toMatchObject({ code: 'not_joinable', message: expect.stringContaining('bigint') })
    const company = await inTransaction(db, () => engine.join(db).companies.create({ name: 'Acme' }))
    expect(company.version).toBe(1)
  })

  it('is a Kysely that is no transaction', async () => {
    const [file, url] = [newFile(), await newDatabase()]
    const [small, large] = [await openEngine(sqlite(file)), await openEngine(postgres(url))]
    const onFile = new Kysely<unknown>({ dialect: new SqliteDialect({ database: openNative(file) }) })
    const onServer = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: await openPool(url) }) })
    const expected = { code: 'not_joinable', message: expect.stringContaining('db.transaction()') }
    expect(await refusalOf(small, onFile)).toMatchObject(expected)
    expect(await refusalOf(large, onServer)).toMatchObject(expected)
  })

  it('is a transaction of the other database family, which goes on', async () => {
    const [file, url] = [newFile(), await newDatabase()]
    const [small, large] = [await openEngine(sqlite(file)), await openEngine(postgres(url))]
    const onFile = new Kysely<unknown>({ dialect: new SqliteDialect({ database: openNative(file) }) })
    const onServer = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: await openPool(url) }) })
    const goesOn = async (engine: Engine, db: Kysely<unknown>) =>
      db.transaction().execute(async (tx) => {
        const { code } = await refusalOf(engine, tx)
        await sql`create table still_usable (id text)`.execute(tx)
        return code
      })
    expect(await goesOn(large, onFile)).toBe('not_joinable')
    expect(await goesOn(small, onServer)).toBe('not_joinable')
  })

  it('is something else altogether, and the refusal says what the storage takes', async () => {
    const [small, large] = [await openEngine(sqlite(newFile())), await openEngine(postgres(await newDatabase()))]
    const nothing = JSON.parse('null') as object
    for (const handle of [{}, new Map(), () => undefined, nothing]) {
      expect(await refusalOf(small, handle)).toMatchObject({ code: 'not_joinable', message: expect.stringContaining('better-sqlite3') })
      expect(await refusalOf(large, handle)).toMatchObject({ code: 'not_joinable', message: expect.stringContaining('BEGIN') })
    }
  })

  it('is any at all when Engine has the database for itself', async () => {
    const [memory, embedded] = [await openEngine(sqlite(':memory:')), await openEngine(pglite())]
    const db = openNative(newFile())
    expect((await inTransaction(db, () => refusalOf(memory, db))).code).toBe('not_joinable')
    expect((await inTransaction(db, () => refusalOf(embedded, db))).code).toBe('not_joinable')
  })

  it('on Postgres is a pool, or a client without a transaction', async () => {
    const url = await newDatabase()
    const engine = await openEngine(postgres(url))
    const client = await openClient(url)
    expect(await refusalOf(engine, await openPool(url))).toMatchObject({ code: 'not_joinable', message: expect.stringContaining('pool') })
    expect(await refusalOf(engine, client)).toMatchObject({ code: 'transaction_over', message: expect.stringContaining('No transaction') })
    expect((await engine.companies.list()).items).toEqual([])
  })

  it("on Postgres is another database or schema with Engine's tables, or one without them", async () => {
    const [url, other, empty] = [await newDatabase(), await newDatabase(), await emptyDatabase()]
    const engine = await openEngine(postgres(url))
    const stranger = await openEngine(postgres(other))
    for (const wrong of [other, empty]) {
      const client = await openClient(wrong)
      const error = await clientTransaction(client, async ({ run }) => {
        const refusal = await refusalOf(engine, client)
        await run('create table still_usable (id text)')
        return refusal
      })
      expect(error.code).toBe('not_joinable')
    }
    expect((await stranger.companies.list()).items).toEqual([])
  })
})

describe('a join of a pg client', () => {
  it('refuses to write into the next transaction of the same connection', async () => {
    const url = await newDatabase()
    const engine = await openEngine(postgres(url))
    const client = await openClient(url)
    const late = await clientTransaction(client, async () => {
      const joined = engine.join(client)
      await joined.companies.list()
      return joined
    })
    const error = await clientTransaction(client, () => errorOf(late.companies.create({ name: 'Acme' })))
    expect(error.code).toBe('transaction_over')
    expect((await engine.companies.list()).items).toEqual([])
  })

  it('says so when the transaction had failed before', async () => {
    const url = await newDatabase()
    const engine = await openEngine(postgres(url))
    const client = await openClient(url)
    await client.query('begin')
    await client.query('select 1 / 0').catch(() => undefined)
    expect(await refusalOf(engine, client)).toMatchObject({ code: 'transaction_over', message: expect.stringContaining('failed') })
    await client.query('rollback')
  })

  it('writes nothing by itself when the host commits without waiting', async () => {
    const url = await newDatabase()
    const engine = await openEngine(postgres(url))
    const client = await openClient(url)
    await client.query('begin')
    const hasty = errorOf(engine.join(client).companies.create({ name: 'Acme' }))
    await client.query('commit')
    expect((await hasty).code).toBe('transaction_over')
    expect((await engine.companies.list()).items).toEqual([])
  })

  it('leaves the transaction usable after a command that waited too long for a lock, and after a deadlock', async () => {
    const url = await newDatabase()
    const engine = await openEngine(postgres(url))
    const [acme, bolt] = [await engine.companies.create({ name: 'Acme' }), await engine.companies.create({ name: 'Bolt' })]
    const [one, two] = [await openClient(url), await openClient(url)]
    await Promise.all([one.query('begin'), two.query('begin')])
    await engine.join(one).companies.update({ companyId: acme.id, name: 'Acme 1' })

    await two.query(`set local lock_timeout = '1ms'`)
    const waited = await errorOf(engine.join(two).companies.update({ companyId: acme.id, name: 'Acme 2' }))
    expect(waited).toMatchObject({ code: 'unavailable', message: expect.stringContaining('55P03') })
    await two.query(`set local lock_timeout = 0`)

    await engine.join(two).companies.update({ companyId: bolt.id, name: 'Bolt 2' })
    const rename = async (client: pg.Client, given: { companyId: string; name: string }) => {
      try {
        await engine.join(client).companies.update(given)
      } finally {
        await client.query('commit')
      }
    }
    const results = await Promise.allSettled([
      rename(one, { companyId: bolt.id, name: 'Bolt 1' }),
      rename(two, { companyId: acme.id, name: 'Acme 2' }),
    ])
    expect(results.filter((result) => result.status === 'rejected')).toMatchObject([
      { reason: { code: 'unavailable', message: expect.stringContaining('40P01') } },
    ])
    // What the one that was told of the deadlock had done before stands, in the order of the commits.
    const [loser, winner] = results[0].status === 'rejected' ? ['1', '2'] : ['2', '1']
    const names = (await engine.companies.list()).items.map((company) => company.name).sort()
    expect(names).toEqual([`Acme ${winner}`, `Bolt ${winner}`])
    const { items } = await engine.events.list({ companyId: loser === '1' ? acme.id : bolt.id })
    expect(items.map((event) => event.type)).toEqual(['company.created', 'company.updated', 'company.updated'])
  })

  it('does not hang when the host holds the last connection of a pool that it shares with Engine', async () => {
    const url = await newDatabase()
    const pool = await openPool(url, { max: 1 })
    const engine = await openEngine(postgres(pool))
    const heard: string[] = []
    const published = new Promise<void>((resolve) => {
      engine.on('company.created', ({ data }) => {
        heard.push(data.name)
        resolve()
      })
    })
    const client = await pool.connect()
    const joined = await clientTransaction(client, async () => {
      const api = engine.join(client)
      await api.companies.create({ name: 'Acme' })
      return api
    })
    await joined.committed()
    expect(heard).toEqual([])
    client.release()
    await published
    expect(heard).toEqual(['Acme'])
  })

  it.skipIf(inject('pgbouncerUrl') === null)('works through a pooler that hands connections from transaction to transaction', async () => {
    const url = await newDatabase('pgbouncer')
    const engine = await openEngine(postgres(url))
    const { id: companyId } = await engine.companies.create({ name: 'Acme' })
    const pool = await openPool(url)
    const create = async (title: string) => {
      const client = await pool.connect()
      return clientTransaction(client, () => engine.join(client).tasks.create({ companyId, title })).finally(() => client.release())
    }
    await Promise.all(Array.from({ length: 10 }, (_, index) => create(`Task ${index}`)))
    expect((await engine.tasks.list({ companyId })).items).toHaveLength(10)
  })
})

describe('a transaction of Kysely that its host ends by hand', () => {
  it('is joined like any other, and is over when it was ended', async () => {
    const [file, url] = [newFile(), await newDatabase()]
    const onFile = { db: new Kysely<unknown>({ dialect: new SqliteDialect({ database: openNative(file) }) }), storage: sqlite(file) }
    const onServer = { db: new Kysely<unknown>({ dialect: new PostgresDialect({ pool: await openPool(url) }) }), storage: postgres(url) }
    for (const { db, storage } of [onFile, onServer]) {
      const engine = await openEngine(storage)
      const tx = await db.startTransaction().execute()
      const joined = engine.join(tx)
      await joined.companies.create({ name: 'Acme' })
      await tx.commit().execute()
      expect((await errorOf(joined.companies.create({ name: 'Bolt' }))).code).toBe('transaction_over')
      expect((await engine.companies.list()).items.map((company) => company.name)).toEqual(['Acme'])
    }
  })
})

describe("the values of a host's Kysely over Postgres", () => {
  it('are those of Engine inside the join and the host’s own outside, whatever parsers and plugins the host has', async () => {
    const url = await newDatabase()
    const engine = await openEngine(postgres(url))
    const types: pg.CustomTypesConfig = {
      getTypeParser: (oid: number) => (text: string) => (oid === 20 ? BigInt(text) : { oid, text }),
    }
    const logged: string[] = []
    const db = new Kysely<unknown>({
      dialect: new PostgresDialect({ pool: await openPool(url, { types }) }),
      log: (event) => void logged.push(String(event.query.sql)),
    })
    const { company, seen } = await db.transaction().execute(async (tx) => {
      const joined = engine.join(tx)
      const created = await joined.companies.create({ name: 'Acme' })
      await joined.tasks.create({ companyId: created.id, title: 'Pack', context: { a: [1, 'two', null] }, tags: ['x'] })
      const { rows } = await sql`select 1::int8 as count, now() as at`.execute(tx)
      return { company: { created, tasks: await joined.tasks.list({ companyId: created.id }) }, seen: rows }
    })
    expect(company.created).toEqual(await engine.companies.get({ companyId: company.created.id }))
    expect(company.tasks).toEqual(await engine.tasks.list({ companyId: company.created.id }))
    expect(seen).toEqual([{ count: 1n, at: { oid: 1184, text: expect.any(String) } }])
    expect(logged).toContain('savepoint engine_command')
  })

  it('are times and numbers also in another time zone', async () => {
    const url = await newDatabase()
    const engine = await openEngine(postgres(url))
    const client = await openClient(url)
    await client.query(`set time zone 'Asia/Kathmandu'`)
    const company = await clientTransaction(client, async () => {
      const { id } = await engine.join(client).companies.create({ name: 'Acme' })
      return engine.join(client).companies.get({ companyId: id })
    })
    expect(company).toEqual(await engine.companies.get({ companyId: company.id }))
  })
})
