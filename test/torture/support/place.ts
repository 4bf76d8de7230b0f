// Where a database is, in a form that can be told to another process; and what can be asked of it behind the engine's back.
import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'

import Database from 'better-sqlite3'
import { Kysely, sql } from 'kysely'
import pg from 'pg'

import type { Storage } from '@engine/core'
import { postgres, type PostgresOptions } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'

import { createDatabase, dropDatabase } from '../../support/postgres.ts'
import { copyPostgresTemplate, copySqliteTemplate } from '../../support/templates.ts'
import type { Scene } from '../loop.ts'

export type Place = { readonly storage: 'sqlite'; readonly file: string } | { readonly storage: 'postgres'; readonly url: string }

export type Row = Readonly<Record<string, unknown>>

/** The schema of the engine's tables on Postgres. */
const schema = 'engine'

/** A new database with Engine's tables. */
export async function newPlace(scene: Scene): Promise<Place> {
  if (scene.storage === 'postgres') return { storage: 'postgres', url: await copyPostgresTemplate(scene.templateFolder, scene.postgresUrl) }
  const file = newFileIn(scene)
  await copySqliteTemplate(scene.templateFolder, file)
  return { storage: 'sqlite', file }
}

/** A new, empty database. */
export async function emptyPlace(scene: Scene): Promise<Place> {
  if (scene.storage === 'sqlite') return { storage: 'sqlite', file: newFileIn(scene) }
  return { storage: 'postgres', url: await createDatabase(scene.postgresUrl) }
}

const newFileIn = (scene: Scene) => join(scene.folder, `${randomUUID()}.db`)

export async function leavePlace(place: Place): Promise<void> {
  if (place.storage === 'postgres') return dropDatabase(place.url)
  // Thousands of rounds leave more than a disk holds.
  for (const suffix of ['', '-wal', '-shm']) rmSync(place.file + suffix, { force: true })
}

export function storageAt(place: Place, options: PostgresOptions = {}): Storage {
  return place.storage === 'sqlite' ? sqlite(place.file) : postgres(place.url, options)
}

/** Whether nobody is in the middle of writing: a file has one writer, and others wait for it however long it takes. */
export function isFree(place: Place): boolean {
  if (place.storage === 'postgres') return true
  const db = new Database(place.file, { timeout: 0 })
  try {
    db.exec('begin immediate')
    db.exec('rollback')
    return true
  } catch {
    return false
  } finally {
    db.close()
  }
}

/** A connection of one's own for reading rows. */
interface Reader {
  rows(text: string): Promise<Row[]>
  /** The names of the engine's tables. */
  tables(): Promise<string[]>
  close(): Promise<void>
}

/** Looks at rows by a connection that is closed again. */
export async function withReader<Result>(place: Place, look: (reader: Reader) => Promise<Result>): Promise<Result> {
  const reader = await openReader(place)
  try {
    return await look(reader)
  } finally {
    await reader.close()
  }
}

async function openReader(place: Place): Promise<Reader> {
  if (place.storage === 'sqlite') {
    const db = new Database(place.file, { readonly: true, timeout: 5_000 })
    return {
      rows: async (text) => db.prepare<unknown[], Row>(text).all(),
      tables: async () => db.prepare<unknown[], string>(`select name from sqlite_schema where type = 'table' order by name`).pluck().all(),
      close: async () => void db.close(),
    }
  }
  const client = new pg.Client({
    connectionString: place.url,
    ssl: false,
    connectionTimeoutMillis: 10_000,
    options: `-c search_path=${schema}`,
  })
  client.on('error', () => undefined)
  await client.connect()
  const rows = async (text: string) => (await client.query<Row>(text)).rows
  return {
    rows,
    tables: async () =>
      (await rows(`select tablename as name from pg_tables where schemaname = '${schema}' order by 1`)).map((row) => String(row['name'])),
    close: () => client.end(),
  }
}

export function rowsAt(place: Place, text: string): Promise<Row[]> {
  return withReader(place, (reader) => reader.rows(text))
}

/** Changes rows behind the engine's back. */
export async function changeAt(place: Place, text: string): Promise<void> {
  if (place.storage === 'postgres') return void (await rowsAt(place, text))
  // By the engine's own driver, which waits for its turn among the processes that write to the file.
  const db = new Kysely<object>({ dialect: storageAt(place).open().dialect })
  try {
    await db.transaction().execute((tx) => sql.raw(text).execute(tx))
  } finally {
    await db.destroy()
  }
}

/** Every row of the database, table by table: equal before and after means that nothing changed. Seals come by themselves. */
export function dumpAt(place: Place): Promise<ReadonlyMap<string, readonly string[]>> {
  return withReader(place, (reader) => rowsOfAll(place, reader))
}

async function rowsOfAll(place: Place, reader: Reader): Promise<ReadonlyMap<string, readonly string[]>> {
  const tables = (await reader.tables()).filter((name) => name !== 'seals')
  // One question for all tables: this is asked some times a round.
  const rows =
    place.storage === 'sqlite'
      ? (await Promise.all(tables.map((name) => reader.rows(`select * from "${name}"`)))).flatMap((found, index) =>
          found.map((row) => ({ name: tables[index] ?? '', text: JSON.stringify(row) })),
        )
      : (await reader.rows(tables.map((name) => `select '${name}' as name, t::text as text from "${name}" t`).join(' union all '))).map(
          ({ name, text }) => ({ name: String(name), text: String(text) }),
        )
  const dump = new Map(tables.map((name): [string, string[]] => [name, []]))
  for (const { name, text } of rows) dump.get(name)?.push(text)
  for (const texts of dump.values()) texts.sort()
  return dump
}

/** Where two dumps differ; empty when they do not. */
export function differences(before: Awaited<ReturnType<typeof dumpAt>>, after: Awaited<ReturnType<typeof dumpAt>>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((table) => {
    const [old, now] = [new Set(before.get(table)), new Set(after.get(table))]
    const gone = [...old].filter((row) => !now.has(row)).map((row) => `- ${table} ${row}`)
    const come = [...now].filter((row) => !old.has(row)).map((row) => `+ ${table} ${row}`)
    return [...gone, ...come]
  })
}

/** What SQLite finds broken in the file. */
export function findDamage(file: string): string[] {
  const db = new Database(file, { timeout: 5_000 })
  try {
    return db
      .prepare<unknown[], string>('pragma integrity_check')
      .pluck()
      .all()
      .filter((line) => line !== 'ok')
  } finally {
    db.close()
  }
}
