import { cpSync } from 'node:fs'
import { join } from 'node:path'

import { afterAll, inject, onTestFinished } from 'vitest'

import type { Storage } from '@engine/core'
import { pglite, postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'
import { watched, watchTotals, type WatchedStorage } from '@engine/testing'

import { temporaryFolder } from './files.ts'
import { createDatabase, dropDatabase } from './postgres.ts'
import { copyPostgresTemplate, pgliteTemplate, sqliteBytes } from './templates.ts'
import { leaveCounts } from './watch-figure.ts'

// Once for each file of tests that opens a storage.
afterAll(() => leaveCounts(inject('watchFolder'), watchTotals()))

/**
 * A new storage (`sqlite`, `pglite`, `postgres` or `pgbouncer`; ENGINE_TEST_STORAGE chooses for tests that do not care) with
 * Engine's tables and nothing in them, gone when the test is over. Engines on it fail at their stop when a change had no entry in the log.
 */
export async function newStorage(name?: string): Promise<WatchedStorage> {
  return watched(await migratedStorage(name ?? process.env['ENGINE_TEST_STORAGE'] ?? 'sqlite'))
}

async function migratedStorage(name: string): Promise<Storage> {
  if (name === 'sqlite') return sqlite(await sqliteBytes(inject('templateFolder')))
  if (name === 'pglite') {
    const folder = join(temporaryFolder(), 'data')
    cpSync(await pgliteTemplate(inject('templateFolder'), 'migrated'), folder, { recursive: true })
    return pglite(folder)
  }
  if (name === 'postgres' || name === 'pgbouncer') return postgres(await newDatabase(name))
  throw new Error(`ENGINE_TEST_STORAGE names no storage: ${name}`)
}

/** The URL of a new Postgres database with Engine's tables, directly or through PgBouncer. @throws where there is no PgBouncer */
export async function newDatabase(name = 'postgres'): Promise<string> {
  const url = await copyPostgresTemplate(inject('templateFolder'), inject('postgresUrl'))
  onTestFinished(() => dropDatabase(url))
  return name === 'pgbouncer' ? throughPgBouncer(url) : url
}

/** The URL of a new Postgres database without Engine's tables. */
export async function emptyDatabase(): Promise<string> {
  const url = await createDatabase(inject('postgresUrl'))
  onTestFinished(() => dropDatabase(url))
  return url
}

/** The address of the same database through PgBouncer. @throws where there is none, with the reason */
export function throughPgBouncer(url: string): string {
  const pooler = inject('pgbouncerUrl')
  if (pooler === null) throw new Error(`there is no PgBouncer here: ${inject('pgbouncerSkipped')}`)
  return Object.assign(new URL(pooler), { pathname: new URL(url).pathname }).href
}
