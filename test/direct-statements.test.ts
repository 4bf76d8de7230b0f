import { sql, type Transaction } from 'kysely'
import { expect, it, onTestFinished } from 'vitest'

import { sqlite } from '@engine/storage-sqlite'

import { openDatabase } from '../packages/core/src/database/open.ts'
import { directly, rawStatement, statement } from '../packages/core/src/database/statement.ts'
import type { Database } from '../packages/core/src/database/tables.ts'

const add = statement((db, given: { id: number }) => rawStatement(db, sql`insert into notes (id) values (${given.id})`))
const all = statement((db) => rawStatement<{ id: number }>(db, sql`select id from notes order by id`))

async function notes() {
  const storage = sqlite(':memory:')
  const db = openDatabase(storage, storage.open().dialect)
  onTestFinished(() => db.destroy())
  await db.transaction().execute((tx) => sql`create table notes (id integer primary key)`.execute(tx))
  return db
}

it.each([
  ['is done', null, [{ id: 1 }, { id: 2 }]],
  ['has failed', new Error('no'), []],
])('statements are of their transaction, and refuse it when it %s', async (_, failure, left) => {
  const db = await notes()
  const kept: Transaction<Database>[] = []
  const done = db.transaction().execute((tx) =>
    directly(tx, async () => {
      kept.push(tx)
      await Promise.all([add(tx, { id: 2 }), add(tx, { id: 1 })])
      expect(await all(tx, {})).toEqual([{ id: 1 }, { id: 2 }])
      // What is not such a statement sees the same.
      expect((await sql`select count(*) as count from notes`.execute(tx)).rows).toEqual([{ count: 2 }])
      if (failure) throw failure
    }),
  )
  await (failure ? expect(done).rejects.toBe(failure) : done)
  expect(await all(db, {})).toEqual(left)
  for (const tx of kept) await expect(add(tx, { id: 3 })).rejects.toThrow(/committed|rolled back/)
  expect(kept).toHaveLength(1)
})
