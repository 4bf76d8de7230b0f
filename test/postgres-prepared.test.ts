import { Kysely, sql } from 'kysely'
import pg from 'pg'
import { expect, it, onTestFinished, vi } from 'vitest'

import { postgres } from '@engine/storage-postgres'

import { newDatabase } from './support/storages.ts'

/** A database with one connection, and what was asked of the server to be described. */
async function openDescribed() {
  const db = new Kysely<unknown>({ dialect: postgres(await newDatabase(), { maxConnections: 1 }).open().dialect })
  const describe = vi.spyOn(pg.Connection.prototype, 'describe')
  onTestFinished(async () => {
    describe.mockRestore()
    await db.destroy()
  })
  await sql`create table things (id int primary key, name text, made timestamptz)`.execute(db)
  describe.mockClear()
  return { db, describe }
}

it('has the columns of a statement described once, when it is prepared', async () => {
  const { db, describe } = await openDescribed()
  const ask = async (given: number | null) =>
    (await sql`select ${given}::bigint as number, null as nothing, true as yes, timestamptz '2026-01-02 03:04:05.678+00' as at`.execute(db))
      .rows
  const answer = { number: 7, nothing: null, yes: true, at: '2026-01-02T03:04:05.678Z' }
  // What is asked once only is not prepared.
  expect([await ask(7), await ask(7)]).toEqual([[answer], [answer]])
  describe.mockClear()
  expect([await ask(7), await ask(null)]).toEqual([[answer], [{ ...answer, number: null }]])
  expect(describe).not.toHaveBeenCalled()
})

it('knows of a statement that it has no columns', async () => {
  const { db, describe } = await openDescribed()
  const add = (id: number) => sql`insert into things (id) select g from generate_series(${id}::int, ${id}::int + 1) g`.execute(db)
  await add(1)
  await add(3)
  describe.mockClear()
  expect(await add(5)).toMatchObject({ rows: [], numAffectedRows: 2n })
  expect(describe).not.toHaveBeenCalled()
})

it('asks again after the columns have changed', async () => {
  const { db } = await openDescribed()
  await sql`insert into things (id, name) values (1, 'One')`.execute(db)
  const ask = async () => (await sql`select * from things where name = ${'One'}`.execute(db)).rows
  const one = { id: 1, name: 'One', made: null }
  expect([await ask(), await ask(), await ask()]).toEqual([[one], [one], [one]])
  await sql`alter table things alter column id type text`.execute(db)
  await sql`alter table things add column size int default 3`.execute(db)
  const now = { ...one, id: '1', size: 3 }
  expect([await ask(), await ask(), await ask()]).toEqual([[now], [now], [now]])
})

it('refuses what it cannot read and what the server refuses, and serves on', async () => {
  const { db } = await openDescribed()
  const half = async (number: string) => (await sql`select (${number}::numeric / 2)::bigint as half`.execute(db)).rows
  for (let time = 0; time < 3; time += 1) {
    expect(await half('8')).toEqual([{ half: 4 }])
    await expect(half('36028797018963968')).rejects.toThrow('which JavaScript cannot count to')
    await expect(half('1e30')).rejects.toMatchObject({ code: '22003' })
  }
})

it('keeps statements apart that are under way at once', async () => {
  const { db, describe } = await openDescribed()
  const answers = await db.transaction().execute((tx) =>
    Promise.all(
      Array.from({ length: 6 }, async (_, index) => {
        const { rows } = await sql`select ${index}::int as index`.execute(tx)
        const { rows: others } = await sql`select ${String(index)}::text as text, ${index}::int as index`.execute(tx)
        return [...rows, ...others]
      }),
    ),
  )
  expect(answers).toEqual(Array.from({ length: 6 }, (_, index) => [{ index }, { text: String(index), index }]))
  expect(describe.mock.calls.length).toBeGreaterThan(0)
})
