import { CompiledQuery } from 'kysely'
import { expect } from 'vitest'

import type { Storage } from '@engine/core'

import { errorOf } from '../error-of.ts'
import { intercepted } from '../intercept.ts'
import { openTestEngine } from '../test-engine.ts'
import { tables } from '../watch/tables.ts'
import { inTransaction, openDirectly, type Database } from './driver.ts'
import { group, type StorageUnderTest, type Told } from './kit.ts'

const onlyOnce = 'its data end with its engine: there is no reopen()'

interface Scene {
  readonly under: StorageUnderTest
  create(): Promise<StorageUnderTest>
}

/** Each test leaves the database as one that was migrated; the first one migrates it. */
export const migrations = group<Scene>({
  name: 'migrations',
  open: async ({ create }) => ({ under: await create(), create }),
  close: ({ under }) => under.dispose(),
  tests: {
    'an empty database becomes one with the tables that Engine has, and no other': async ({ under }) => {
      const { engine, watch } = await openTestEngine({ storage: under.storage })
      await engine.companies.create({ name: 'Acme' })
      const known = Object.keys(tables).toSorted()
      for (const name of known) await watch.query(`select count(*) as count from ${watch.table(name)}`)
      expect((await watch.query<{ name: string }>(tableNames(under.storage))).map(({ name }) => name).toSorted()).toEqual(known)
      await engine.stop()
    },

    'a migrated database is opened again with its data, and nothing is applied': async (scene, told) => {
      const before = await dump(again(scene, told))
      const { engine } = await openTestEngine({ storage: again(scene, told) })
      expect((await engine.companies.list()).items).toHaveLength(1)
      await engine.stop()
      expect(await errorOf(engine.companies.list())).toMatchObject({ code: 'unavailable' })
      expect(await errorOf(engine.companies.create({ name: 'Late' }))).toMatchObject({ code: 'unavailable' })
      expect(await dump(again(scene, told))).toBe(before)
    },

    'a database of a newer Engine is refused and left as it was': async (scene, told) => {
      const table = nameOf(again(scene, told), 'engine_migrations')
      const future = `insert into ${table} (position, id, checksum, applied_at) values (99, '0099-future', 'x', '2030-01-01T00:00:00.000Z')`
      await change(again(scene, told), future)
      const before = await dump(again(scene, told))
      expect(await errorOf(openTestEngine({ storage: again(scene, told) }))).toMatchObject({
        code: 'schema_newer',
        message: expect.stringContaining('0099-future'),
      })
      expect(await dump(again(scene, told))).toBe(before)
      await change(again(scene, told), `delete from ${table} where position = 99`)
    },

    'a database with an edited migration is refused and left as it was': async (scene, told) => {
      const table = nameOf(again(scene, told), 'engine_migrations')
      await change(again(scene, told), `update ${table} set checksum = 'edited' || checksum where position = 0`)
      const before = await dump(again(scene, told))
      expect(await errorOf(openTestEngine({ storage: again(scene, told) }))).toMatchObject({ code: 'schema_edited' })
      expect(await dump(again(scene, told))).toBe(before)
      await change(again(scene, told), `update ${table} set checksum = substr(checksum, 7) where position = 0`)
      await (await openTestEngine({ storage: again(scene, told) })).engine.stop()
    },

    'a start that broke off anywhere in the migrations is made up for by the next one': async (scene, told) => {
      const fresh = await scene.create()
      const reopen = () => fresh.reopen?.() ?? told.skip(onlyOnce)
      // Each start gets about twice as far as the one before, until one gets through.
      let isBroken = true
      for (let last = 1; isBroken; last *= 2) {
        isBroken = false
        const storage = intercepted(reopen(), (_, count) => {
          if (count <= last) return
          isBroken = true
          throw new Error('the connection is gone')
        })
        const start = openTestEngine({ storage }).then(({ engine }) => engine.stop())
        await start.catch((error: unknown) => expect(error).toMatchObject({ message: 'the connection is gone' }))
      }
      const { engine } = await openTestEngine({ storage: reopen() })
      await engine.companies.create({ name: 'Acme' })
      await engine.stop()
      await fresh.dispose()
    },
  },
})

function again({ under }: Scene, { skip }: Told): Storage {
  return under.reopen?.() ?? skip(onlyOnce)
}

/** Without the tables in which SQLite itself keeps the words that search finds things by. */
function tableNames({ family, schema = '' }: Storage): string {
  return family === 'sqlite'
    ? `select name from sqlite_schema where type in ('table', 'view') and name not like 'sqlite%' and name not like 'search_words%'`
    : `select relname as name from pg_class where relkind in ('r', 'p', 'v') and relnamespace = '"${schema}"'::regnamespace`
}

function nameOf({ schema }: Storage, table: string): string {
  return schema === undefined ? `"${table}"` : `"${schema}"."${table}"`
}

async function using<Result>(storage: Storage, work: (db: Database) => Promise<Result>): Promise<Result> {
  const db = openDirectly(storage)
  try {
    return await work(db)
  } finally {
    await db.destroy()
  }
}

async function change(storage: Storage, text: string): Promise<void> {
  await using(storage, (db) => inTransaction(db, (tx) => tx.executeQuery(CompiledQuery.raw(text))))
}

/** Every row of every table of Engine, as no engine is open. */
async function dump(storage: Storage): Promise<string> {
  return using(storage, async (db) => {
    const found: string[] = []
    for (const name of Object.keys(tables)) {
      const { rows } = await db.executeQuery(CompiledQuery.raw(`select * from ${nameOf(storage, name)}`))
      found.push(name, ...rows.map((row) => JSON.stringify(row)).toSorted())
    }
    return found.join('\n')
  })
}
