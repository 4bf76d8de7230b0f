// That the table watch bites on real databases: the engine's own statements are right, those of these tests are not.
import Database from 'better-sqlite3'
import { CompiledQuery, Kysely } from 'kysely'
import pg from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'

import { createEngine, type Engine } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'
import { watched, type WatchedStorage } from '@engine/testing'

import { join } from 'node:path'
import { temporaryFolder } from './support/files.ts'
import { newDatabase } from './support/storages.ts'

const storages = {
  'a SQLite file': async () => watched(sqlite(join(temporaryFolder(), 'engine.db'))),
  Postgres: async () => watched(postgres(await newDatabase())),
}

async function open(storage: WatchedStorage): Promise<{ engine: Engine; companyId: string; taskId: string }> {
  const engine = await createEngine({ storage })
  onTestFinished(() => engine.stop().catch(() => undefined))
  const { id: companyId } = await engine.companies.create({ name: 'Acme' })
  const { id: taskId } = await engine.tasks.create({ companyId, title: 'Write' })
  return { engine, companyId, taskId }
}

/** As code with a defect would write: by the engine's own storage, without the engine. */
async function write(storage: WatchedStorage, ...texts: readonly string[]): Promise<unknown> {
  const db = new Kysely<never>({ dialect: storage.open().dialect })
  await db.transaction().execute(async (tx) => {
    for (const text of texts) await tx.executeQuery(CompiledQuery.raw(text))
  })
  return db.destroy().catch((error: unknown) => error)
}

describe.each(Object.entries(storages))('the table watch on %s', (_, newStorage) => {
  it('finds nothing wrong with what the engine does, and counts it', async () => {
    const storage = await newStorage()
    const { engine, companyId } = await open(storage)
    await Promise.all(
      [1, 2, 3].map((number) => engine.tasks.create({ companyId, title: `Task ${number}` }, { idempotencyKey: `${number}` })),
    )
    const { mutating, withEntry } = storage.watch.counts
    expect(mutating).toBe(5)
    expect(withEntry).toBe(5)
    await engine.stop()
  })

  it.each([
    ['an update', (tasks: string, id: string) => `update ${tasks} set title = 'x' where company_id is not null and id = '${id}'`],
    [
      'an update that returns rows',
      (tasks: string, id: string) => `update ${tasks} set title = 'x' where company_id is not null and id = '${id}' returning id`,
    ],
  ])('sees %s that no entry tells of, and stopping the engine fails', async (_name, text) => {
    const storage = await newStorage()
    const { engine, taskId } = await open(storage)
    const statement = text(storage.watch.table('tasks'), taskId)
    expect(String(await write(storage, statement))).toContain('changed tasks and wrote no entry')
    await expect(engine.stop()).rejects.toThrow(statement)
  })

  it('does not mind an update that changes nothing', async () => {
    const storage = await newStorage()
    const { engine } = await open(storage)
    const statement = `update ${storage.watch.table('tasks')} set title = 'x' where company_id is null`
    expect(await write(storage, statement)).toBeUndefined()
    await engine.stop()
  })

  it('sees a lookup that names no company', async () => {
    const storage = await newStorage()
    const { engine } = await open(storage)
    const text = `select * from ${storage.watch.table('tasks')} where title = 'Write'`
    expect(String(await write(storage, text))).toContain('names no company')
    await expect(engine.stop()).rejects.toThrow(text)
  })
})

describe("the table watch in a host's transaction", () => {
  it('counts what joined commands write on Postgres', async () => {
    const url = await newDatabase()
    const storage = watched(postgres(url))
    const { engine, companyId } = await open(storage)
    const before = storage.watch.counts.withEntry
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    await client.query('begin')
    await engine.join(client).tasks.create({ companyId, title: 'Joined' })
    await client.query('commit')
    await client.end()
    expect(storage.watch.counts).toMatchObject({ mutating: before + 1, withEntry: before + 1 })
    await engine.stop()
  })

  it('counts what joined commands write on SQLite', async () => {
    const file = join(temporaryFolder(), 'engine.db')
    const storage = watched(sqlite(file))
    const { engine, companyId } = await open(storage)
    const before = storage.watch.counts.withEntry
    const db = new Database(file)
    db.pragma('foreign_keys = on')
    db.exec('begin immediate')
    await engine.join(db).tasks.create({ companyId, title: 'Joined' })
    db.exec('commit')
    db.close()
    expect(storage.watch.counts).toMatchObject({ mutating: before + 1, withEntry: before + 1 })
    await engine.stop()
  })
})
