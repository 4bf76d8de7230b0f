import { inject, onTestFinished } from 'vitest'

import type { Storage } from '@engine/core'
import { pglite, postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'

import { createDatabase, dropDatabase } from './postgres.ts'

/** What a test can be run on; ENGINE_TEST_STORAGE chooses for those that do not care. */
export type StorageName = 'sqlite' | 'pglite' | 'postgres' | 'pgbouncer'

/** A new, empty storage, gone when the test is over. */
export async function newStorage(name: string = process.env['ENGINE_TEST_STORAGE'] ?? 'sqlite'): Promise<Storage> {
  if (name === 'sqlite') return sqlite(':memory:')
  if (name === 'pglite') return pglite()
  return postgres(await newDatabase(name))
}

/** The URL of a new, empty Postgres database, directly or through PgBouncer. */
export async function newDatabase(name = 'postgres'): Promise<string> {
  const url = await createDatabase(inject('postgresUrl'))
  onTestFinished(() => dropDatabase(url))
  const pooler = name === 'pgbouncer' ? inject('pgbouncerUrl') : null
  if (pooler === null) return url
  return Object.assign(new URL(pooler), { pathname: new URL(url).pathname }).href
}
