// Databases that new ones are copied from: migrating one takes many times as long. Each is made once for a folder, by the first that
// needs it; where two begin together, one of both results is thrown away. Plain node: tests and torture runs share it.
import { randomBytes } from 'node:crypto'
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'

import Database from 'better-sqlite3'
import pg from 'pg'

import { createEngine, type Storage } from '@engine/core'
import { pglite, postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'

import { createDatabase, dropDatabase } from './postgres.ts'
import { withClient } from './server-process.ts'

/** The bytes of a database with Engine's tables, for `sqlite(bytes)`. */
export async function sqliteBytes(folder: string): Promise<Uint8Array> {
  return readFileSync(await sqliteTemplate(folder))
}

/** A new file with Engine's tables. */
export async function copySqliteTemplate(folder: string, target: string): Promise<void> {
  copyFileSync(await sqliteTemplate(folder), target)
}

async function sqliteTemplate(folder: string): Promise<string> {
  const template = join(folder, 'engine.db')
  await makeOnce(template, async (path) => {
    await migrate(sqlite(`${path}-source`))
    const source = new Database(`${path}-source`)
    try {
      // In one file, without its write-ahead log.
      source.prepare('vacuum into ?').run(path)
    } finally {
      source.close()
    }
  })
  return template
}

/** A folder to copy for `pglite(copy)`: with Engine's tables, or only initialised, which is most of the work. */
export async function pgliteTemplate(folder: string, content: 'migrated' | 'empty'): Promise<string> {
  const template = join(folder, `pglite-${content}`)
  await makeOnce(template, async (path) => {
    const storage = pglite(path)
    if (content === 'migrated') await migrate(storage)
    else await initialise(storage)
  })
  return template
}

/** A new Postgres database with Engine's tables, which no engine has opened; answers with its address. */
export async function copyPostgresTemplate(folder: string, serverUrl: string): Promise<string> {
  // One server can serve runs of different sources, each with a folder of its own.
  const template = basename(folder)
  try {
    return await createDatabase(serverUrl, { template })
  } catch (error) {
    if (!hasCode(error, '3D000')) throw error
  }
  await makePostgresTemplate(serverUrl, template)
  return createDatabase(serverUrl, { template })
}

async function makePostgresTemplate(serverUrl: string, template: string): Promise<void> {
  const url = await createDatabase(serverUrl)
  await migrate(postgres(url))
  // A copy that remembers which database it was would be taken for a restored one.
  await withClient(url, (client) => client.query(`update engine.engine_identity set identity = 'new'`))
  const [from, to] = [decodeURIComponent(new URL(url).pathname.slice(1)), template].map((name) => pg.escapeIdentifier(name))
  try {
    await withClient(serverUrl, (client) => client.query(`alter database ${from} rename to ${to}`))
  } catch (error) {
    if (!hasCode(error, '42P04')) throw error
    await dropDatabase(url)
  }
}

async function migrate(storage: Storage): Promise<void> {
  await (await createEngine({ storage })).stop()
}

async function initialise(storage: Storage): Promise<void> {
  const driver = storage.open().dialect.createDriver()
  await driver.init()
  await driver.destroy()
}

/** A file or folder gets its name when it is whole. */
export async function makeOnce(path: string, make: (path: string) => Promise<void>): Promise<void> {
  if (existsSync(path)) return
  const partial = `${path}-${randomBytes(6).toString('hex')}`
  await make(partial)
  try {
    renameSync(partial, path)
  } catch (error) {
    if (!existsSync(path)) throw error
    rmSync(partial, { recursive: true })
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
