import { Kysely, sql } from 'kysely'
import { expect, it, onTestFinished } from 'vitest'

import { postgres } from '@engine/storage-postgres'

import { openPool } from './support/join-shops.ts'
import { withClient } from './support/server-process.ts'
import { newDatabase } from './support/storages.ts'

/** A database over a pool of which each message to the server is noted. */
async function openWatched() {
  const pool = await openPool(await newDatabase(), { max: 1 })
  const sent: string[] = []
  pool.on('connect', (client) => {
    const query = client.query.bind(client)
    const noting = (...given: Parameters<typeof query>) => {
      const [config]: readonly unknown[] = given
      sent.push(String(Object(config).text ?? config))
      return query(...given)
    }
    Object.assign(client, { query: noting })
  })
  const db = new Kysely<unknown>({ dialect: postgres(pool).open().dialect })
  onTestFinished(() => db.destroy())
  // The client of the pool that `openPool` used is not watched.
  const unwatched = await pool.connect()
  unwatched.release(true)
  await db.transaction().execute((tx) => sql`select ${1}::int`.execute(tx))
  sent.length = 0
  return { db, sent }
}

it('begins a transaction together with its first statement, when that has no values', async () => {
  const { db, sent } = await openWatched()
  const rows = await db.transaction().execute(async (tx) => {
    const first = await sql<{ mine: string }>`select current_setting('lock_timeout') as mine`.execute(tx)
    const second = await sql<{ mine: string }>`select ${'second'}::text as mine`.execute(tx)
    return [...first.rows, ...second.rows]
  })
  expect(rows).toEqual([{ mine: '10s' }, { mine: 'second' }])
  expect(sent).toEqual([expect.stringMatching(/^begin .*; select current_setting/), expect.stringMatching(/^select \$1/), 'commit'])
})

it('begins it before a statement with values, and rolls back what it did', async () => {
  const { db, sent } = await openWatched()
  const failing = db.transaction().execute(async (tx) => {
    await sql`insert into orders (id) values (${'Mine'})`.execute(tx)
    throw new Error('no more')
  })
  await expect(failing).rejects.toThrow('no more')
  expect(sent).toEqual([expect.stringMatching(/^begin /), expect.stringMatching(/^insert/), 'rollback'])
  expect((await sql`select * from orders`.execute(db)).rows).toEqual([])
})

it('asks nothing for a transaction in which nothing is done, whether it is committed or rolled back', async () => {
  const { db, sent } = await openWatched()
  await db.transaction().execute(async () => undefined)
  await expect(db.transaction().execute(() => Promise.reject(new Error('no more')))).rejects.toThrow('no more')
  expect(sent).toEqual([])
  expect((await sql`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }])
})

it('rolls back when the first statement fails, and leaves a connection that works', async () => {
  const { db, sent } = await openWatched()
  await expect(db.transaction().execute((tx) => sql`select nothing from nowhere`.execute(tx))).rejects.toMatchObject({ code: '42P01' })
  expect(sent.at(-1)).toBe('rollback')
  expect((await sql`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }])
})

it('outlives the end of a connection that nobody uses, and works on another one', async () => {
  const url = await newDatabase()
  const db = new Kysely<unknown>({ dialect: postgres(url, { maxConnections: 1 }).open().dialect })
  onTestFinished(() => db.destroy())
  const backend = async () => (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)).rows[0]?.pid
  const before = await backend()
  await withClient(url, (client) => client.query('select pg_terminate_backend($1, 5000)', [before]))
  // What broke it reaches this process in its own time; who comes before is told, and may ask again.
  const answers = () =>
    backend().then(
      (pid) => pid !== undefined && pid !== before,
      () => false,
    )
  await expect.poll(answers, { timeout: 10_000 }).toBe(true)
})
