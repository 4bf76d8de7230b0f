import { CompiledQuery, DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, type QueryResult } from 'kysely'
import { describe, expect, it } from 'vitest'

import { STORAGE_SPEC, type Storage } from '@engine/core/plugin'

import { watched } from './index.ts'

/** A storage that stores nothing and says that each statement changed one row, or none when it has `nothing` in it. */
function fakeStorage(): Storage {
  const executeQuery = async <Row>({ sql }: CompiledQuery): Promise<QueryResult<Row>> => ({
    rows: [],
    numAffectedRows: sql.includes('nothing') ? 0n : 1n,
  })
  const createDriver = () =>
    Object.assign(new DummyDriver(), {
      acquireConnection: async () => ({ executeQuery, streamQuery: () => expect.unreachable() }),
    })
  return {
    spec: STORAGE_SPEC,
    id: 'fake',
    family: 'sqlite',
    open: () => ({
      dialect: {
        createAdapter: () => new SqliteAdapter(),
        createDriver,
        createIntrospector: (db) => new SqliteIntrospector(db),
        createQueryCompiler: () => new SqliteQueryCompiler(),
      },
    }),
  }
}

const changeTask = `update "tasks" set "title" = 'x' where "company_id" = 'c' and "id" = 't'`
const addEvent = `insert into "events" ("id", "company_id") values ('e', 'c')`

/** Runs each list of statements as a transaction, or a lone text outside of one. */
async function watch(...units: readonly (string | readonly string[])[]) {
  const storage = watched(fakeStorage())
  const db = new Kysely<never>({ dialect: storage.open().dialect })
  for (const unit of units) {
    if (typeof unit === 'string') await db.executeQuery(CompiledQuery.raw(unit))
    else
      await db.transaction().execute(async (tx) => {
        for (const text of unit) await tx.executeQuery(CompiledQuery.raw(text))
      })
  }
  const ended = await db.destroy().then(
    () => 'closed',
    (error: unknown) => String(error),
  )
  return { ...storage.watch, ended, rules: storage.watch.violations.map(({ rule }) => rule) }
}

describe('a watched transaction', () => {
  it('that changes a row and adds an entry is counted as right', async () => {
    const { counts, rules, ended } = await watch([changeTask, addEvent], `with a as (${changeTask}), b as (${addEvent}) select 1`)
    expect({ rules, ended }).toEqual({ rules: [], ended: 'closed' })
    expect(counts).toMatchObject({ mutating: 2, withEntry: 2 })
  })

  it.each([
    ['in a transaction', [changeTask]],
    ['by itself', changeTask],
    ['with an entry that has no row', [changeTask, `${addEvent} on conflict do nothing`]],
    ['in a part of a statement', `with a as (${changeTask}) select 1`],
  ])('that changes a row without an entry is a violation, and closing says so: %s', async (_, unit) => {
    const { counts, rules, ended } = await watch(unit)
    expect(rules).toEqual(['no_entry'])
    expect(ended).toContain('changed tasks and wrote no entry')
    expect(ended).toContain(changeTask)
    expect(counts).toMatchObject({ mutating: 1, withEntry: 0 })
  })

  it('has its own entry, not that of another one', async () => {
    const { rules } = await watch([changeTask], [addEvent])
    expect(rules).toEqual(['no_entry'])
  })

  it('that renews a lease, keeps a log of a run, corrects a count or migrates needs no entry', async () => {
    const { rules, counts } = await watch(
      [`update "leases" set "expires_at" = ? where "run_id" = ? and "fence" = ?`],
      [`insert into "run_log" ("company_id") values ('c')`],
      [`update "agents" set "live_runs" = "live_runs" + ? where "company_id" = ? and "id" = ?`],
      [`insert into "engine_migrations" values (1)`, `update "agents" set "live_runs" = 0 where "company_id" is not null`],
      [`${changeTask} and 'nothing' = 'changed'`],
    )
    expect(rules).toEqual([])
    expect(counts).toMatchObject({ mutating: 0, bookkeeping: 3 })
  })

  it.each([
    `delete from "leases" where "company_id" = 'c' and "run_id" = 'r'`,
    `update "agents" set "live_runs" = 0, "status" = 'paused' where "company_id" = 'c' and "id" = 'a'`,
  ])('that does more than that needs one: %s', async (text) => {
    expect((await watch([text])).rules).toEqual(['no_entry'])
  })

  it('that changes the log, or a table that nobody knows, is a violation', async () => {
    const { rules } = await watch([`update "events" set "type" = 'x' where "company_id" = 'c'`], [`insert into "surprises" values (1)`])
    expect(rules).toEqual(['log_changed', 'unknown_table'])
  })

  it('that was rolled back is none', async () => {
    const storage = watched(fakeStorage())
    const db = new Kysely<never>({ dialect: storage.open().dialect })
    const work = db.transaction().execute(async (tx) => {
      await tx.executeQuery(CompiledQuery.raw(changeTask))
      throw new Error('taken back')
    })
    await expect(work).rejects.toThrow('taken back')
    await db.destroy()
    expect(storage.watch.counts).toMatchObject({ statements: 1, mutating: 0 })
  })
})

describe('a watched statement', () => {
  it('that looks for rows of any company is a violation, once for its text', async () => {
    const text = 'select * from "tasks" where "title" = ?'
    const { rules, counts, ended } = await watch(text, text)
    expect(rules).toEqual(['no_company'])
    expect(ended).toContain('names no company')
    expect(counts).toMatchObject({ scoped: 2, namingCompany: 0 })
  })
})

describe('a watch', () => {
  it('is shared by those who watch a storage twice', () => {
    const storage = watched(fakeStorage())
    expect(watched(storage)).toBe(storage)
  })

  it('answers questions beside an open engine only, with the placeholders of the database', async () => {
    const storage = watched(fakeStorage())
    await expect(storage.watch.query('select 1')).rejects.toThrow('no engine is open')
    const db = new Kysely<never>({ dialect: storage.open().dialect })
    await db.executeQuery(CompiledQuery.raw('select 1'))
    expect(await storage.watch.query(`delete from ${storage.watch.table('tasks')} where id = ?`, ['t'])).toEqual([])
    expect(storage.watch.violations).toEqual([])
    await db.destroy()
  })
})
