import { afterAll, inject, onTestFinished } from 'vitest'

import type { Storage } from '@engine/core'
import { pglite, postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'
import { watched, watchTotals, type WatchedStorage } from '@engine/testing'

import { createDatabase, dropDatabase } from './postgres.ts'
import { leaveCounts } from './watch-figure.ts'

// Once for each file of tests that opens a storage.
afterAll(() => leaveCounts(inject('watchFolder'), watchTotals()))

/**
 * A new, empty storage (`sqlite`, `pglite`, `postgres` or `pgbouncer`; ENGINE_TEST_STORAGE chooses for tests that do not care),
 * gone when the test is over. Engines on it fail at their stop when a change had no entry in the log.
 */
export async function newStorage(name?: string): Promise<WatchedStorage> {
  return watched(await emptyStorage(name ?? process.env['ENGINE_TEST_STORAGE'] ?? 'sqlite'))
}

async function emptyStorage(name: string): Promise<Storage> {
  if (name === 'sqlite') return sqlite(':memory:')
  if (name === 'pglite') return pglite()
  if (name === 'postgres' || name === 'pgbouncer') return postgres(await newDatabase(name))
  throw new Error(`ENGINE_TEST_STORAGE names no storage: ${name}`)
}

/** The URL of a new, empty Postgres database, directly or through PgBouncer. @throws where there is no PgBouncer */
export async function newDatabase(name = 'postgres'): Promise<string> {
  const url = await createDatabase(inject('postgresUrl'))
  onTestFinished(() => dropDatabase(url))
  return name === 'pgbouncer' ? throughPgBouncer(url) : url
}

/** The address of the same database through PgBouncer. @throws where there is none, with the reason */
export function throughPgBouncer(url: string): string {
  const pooler = inject('pgbouncerUrl')
  if (pooler === null) throw new Error(`there is no PgBouncer here: ${inject('pgbouncerSkipped')}`)
  return Object.assign(new URL(pooler), { pathname: new URL(url).pathname }).href
}
