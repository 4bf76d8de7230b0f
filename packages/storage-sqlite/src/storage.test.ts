import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import NativeDatabase from 'better-sqlite3'
import { Kysely, sql } from 'kysely'
import { describe, expect, it, onTestFinished } from 'vitest'

import { isOlder } from './open.ts'
import { sqlite } from './index.ts'

interface Tables {
  notes: { id: number; text: string }
}

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'engine-sqlite-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'deep', 'engine.db')
}

function openStorage(storage: ReturnType<typeof sqlite>): Kysely<Tables> {
  const db = new Kysely<Tables>({ dialect: storage.open().dialect })
  onTestFinished(() => db.destroy())
  return db
}

async function open(path: string): Promise<Kysely<Tables>> {
  const db = openStorage(sqlite(path))
  await db.transaction().execute((tx) => sql`create table if not exists notes (id integer primary key, text text not null)`.execute(tx))
  return db
}

const add = (db: Kysely<Tables>, id: number) =>
  db.transaction().execute((tx) =>
    tx
      .insertInto('notes')
      .values({ id, text: `note ${id}` })
      .execute(),
  )
/** How many pages the log of a file has had more since a first write: each commit adds one at least. */
async function framesSince(path: string, write: () => Promise<unknown>): Promise<() => number> {
  const other = new NativeDatabase(path)
  onTestFinished(() => void other.close())
  const frames = () => (other.pragma('wal_checkpoint(PASSIVE)') as { log: number }[])[0]?.log ?? 0
  other.pragma('wal_checkpoint(RESTART)')
  await write()
  const lone = frames()
  return () => frames() - lone
}

describe('the bytes of a database', () => {
  it('are copied into memory by each that opens them', async () => {
    const path = temporaryFile()
    await add(await open(path), 1)
    const source = new NativeDatabase(path)
    const copy = `${path}.copy`
    source.prepare('vacuum into ?').run(copy)
    source.close()
    const storage = sqlite(readFileSync(copy))
    const [first, second] = [openStorage(storage), openStorage(storage)]
    await add(first, 2)
    expect([await ids(first), await ids(second)]).toEqual([[1, 2], [1]])
  })

  it('of something else are refused in one line, as is the file of a database that keeps a log beside it', async () => {
    const path = temporaryFile()
    await open(path)
    for (const bytes of [Buffer.alloc(4_096, 'x'), readFileSync(path)]) {
      await expect(ids(openStorage(sqlite(bytes)))).rejects.toThrow(/^These bytes cannot be opened as a database in memory: .*backup\.$/)
    }
    expect(() => sqlite(new Uint8Array())).toThrow('needs the path of a file')
  })
})

const ids = async (db: Kysely<Tables>) => (await db.selectFrom('notes').select('id').orderBy('id').execute()).map((row) => row.id)

describe.each(['a file', 'memory'])('SQLite in %s', (kind) => {
  const path = () => (kind === 'memory' ? ':memory:' : temporaryFile())

  it('runs one transaction at a time, in the order they were asked for', async () => {
    const db = await open(path())
    const order: string[] = []
    await Promise.all(
      ['a', 'b', 'c'].map((name) =>
        db.transaction().execute(async (tx) => {
          order.push(`${name} begins`)
          await ids(tx)
          await ids(tx)
          order.push(`${name} ends`)
        }),
      ),
    )
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
  })
})

describe('a file', () => {
  it('shares one commit among the transactions of one moment, and is durable on every connection', async () => {
    const path = temporaryFile()
    const db = await open(path)
    const more = await framesSince(path, () => add(db, 0))
    await Promise.all(Array.from({ length: 50 }, (_, index) => add(db, index + 1)))
    // Fifty commits of their own would have written at least fifty more frames.
    expect(more()).toBeLessThan(20)
    const { rows } = await sql<{ synchronous: number }>`pragma synchronous`.execute(db)
    const inside = await db.transaction().execute((tx) => sql<{ synchronous: number }>`pragma synchronous`.execute(tx))
    expect([rows[0]?.synchronous, inside.rows[0]?.synchronous]).toEqual([2, 2])
  })

  it('shares one commit among transactions that are asked for one after the other in one turn of the event loop', async () => {
    const path = temporaryFile()
    const db = await open(path)
    const more = await framesSince(path, () => add(db, 0))
    // As requests on as many sockets arrive: each in a callback of its own, whose promises all go on before the next one begins.
    const inCallback = (id: number) =>
      new Promise<void>((resolve, reject) => setImmediate(() => void add(db, id).then(() => resolve(), reject)))
    await Promise.all(Array.from({ length: 50 }, (_, index) => inCallback(index + 1)))
    expect(more()).toBeLessThan(20)
    expect(await ids(db)).toHaveLength(51)
  })

  it('has no lock on the file between two turns of the event loop, so that the host may write to it beside', async () => {
    const path = temporaryFile()
    const db = await open(path)
    const host = new NativeDatabase(path, { timeout: 0 })
    onTestFinished(() => void host.close())
    const writing = add(db, 1_000)
    let turns = 0
    for (let isWriting = true; isWriting; turns += 1) {
      host.prepare('insert into notes (text) values (?)').run('of the host')
      isWriting = await Promise.race([writing.then(() => false), new Promise<true>((resolve) => setImmediate(() => resolve(true)))])
    }
    expect(turns).toBeGreaterThan(1)
  })

  it('lets two connections write in turns: a transaction that reads before it writes is never refused', async () => {
    const path = temporaryFile()
    const [left, right] = [await open(path), await open(path)]
    await add(left, 1)
    const bump = (db: Kysely<Tables>, meanwhile: () => Promise<unknown>) =>
      db.transaction().execute(async (tx) => {
        const row = await tx.selectFrom('notes').select('text').where('id', '=', 1).executeTakeFirstOrThrow()
        const count = Number(row.text.replace('note ', ''))
        await meanwhile()
        await tx
          .updateTable('notes')
          .set({ text: `note ${count + 1}` })
          .where('id', '=', 1)
          .execute()
      })
    const nothing = () => Promise.resolve()
    for (const [first, second] of [
      [left, right],
      [right, left],
    ] as const) {
      let other: Promise<unknown> = nothing()
      await bump(first, () => {
        other = bump(second, nothing)
        // The other one would be done by now if it did not have to wait for this one.
        return Promise.race([other, new Promise((resolve) => setTimeout(resolve, 300))])
      })
      await other
    }
    expect((await left.selectFrom('notes').select('text').executeTakeFirstOrThrow()).text).toBe('note 5')
  })

  it('is let go of for a connection that waits, by one that has much to write', async () => {
    const path = temporaryFile()
    const [busy, waiting] = [await open(path), await open(path)]
    const writes = 20
    let isOver = false
    let others = 0
    const hogging = (async () => {
      while (!isOver) {
        await busy.transaction().execute(() => new Promise((resolve) => setTimeout(resolve, 5)))
        others += 1
      }
    })()
    for (let id = 1; id <= writes; id += 1) await add(waiting, id)
    isOver = true
    await hogging
    expect(await ids(busy)).toHaveLength(writes)
    // It waits for the one that is under way, and at the most for one that was quicker than its first look.
    expect(others).toBeLessThanOrEqual(3 * writes)
  })

  it('is not held up for long by a process that died while it waited', async () => {
    const path = temporaryFile()
    const db = await open(path)
    writeFileSync(`${path}-wish`, '')
    let written = 0
    // Not each write looks for wishes, but one of the next milliseconds does.
    while (existsSync(`${path}-wish`)) await add(db, (written += 1))
    expect(await ids(db)).toHaveLength(written)
  })

  it('waits for the lock of another process without stopping this one', async () => {
    const path = temporaryFile()
    const db = await open(path)
    const other = new NativeDatabase(path)
    onTestFinished(() => void other.close())
    other.exec('begin immediate')
    let ticks = 0
    const ticking = setInterval(() => (ticks += 1), 1)
    const written = add(db, 1)
    await new Promise((resolve) => setTimeout(resolve, 200))
    other.exec('rollback')
    await written
    clearInterval(ticking)
    expect(ticks).toBeGreaterThan(2)
    expect(await ids(db)).toEqual([1])
  })

  it('refuses a write outside a transaction', async () => {
    const db = await open(temporaryFile())
    await expect(db.insertInto('notes').values({ id: 1, text: 'x' }).execute()).rejects.toThrow(/readonly/)
  })
})

it('knows which versions are too old', () => {
  expect([isOlder('22.17.9', [22, 18]), isOlder('22.18.0', [22, 18]), isOlder('24.0.0', [22, 18]), isOlder('20.20.2', [22, 18])]).toEqual([
    true,
    false,
    false,
    true,
  ])
  expect([isOlder('3.51.2', [3, 51, 3]), isOlder('3.51.3', [3, 51, 3]), isOlder('3.54', [3, 51, 3])]).toEqual([true, false, false])
})
