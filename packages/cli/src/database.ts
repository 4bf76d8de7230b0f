import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

import type { Storage } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'

import { fileOfUrl, unusable } from './file-url.ts'
import type { Environment } from './settings.ts'

/** Which database, as every command asks for it. */
export interface DatabaseFlags {
  readonly dataDir?: string
  readonly databaseUrl?: string
}

/** Where a database is; null for one in memory. */
type Place =
  | { readonly kind: 'sqlite'; readonly file: string | null }
  | { readonly kind: 'pglite'; readonly folder: string | null }
  | { readonly kind: 'postgres'; readonly url: string }

export function readDataDir(flags: DatabaseFlags, environment: Environment): string {
  return flags.dataDir ?? environment['ENGINE_DATA_DIR'] ?? './data'
}

/** Where the database is that is meant: a file of the data folder where nobody says so. @throws naming the setting that is wrong */
export function placeOfDatabase(flags: DatabaseFlags, environment: Environment): Place {
  const url = flags.databaseUrl ?? environment['DATABASE_URL'] ?? ''
  if (url === '') return { kind: 'sqlite', file: join(resolve(readDataDir(flags, environment)), 'engine.db') }
  const [, written = ''] = /^([a-z]+):/i.exec(url) ?? []
  const scheme = written.toLowerCase()
  switch (scheme) {
    case 'postgres':
    case 'postgresql':
      return { kind: 'postgres', url }
    case 'pglite':
      return { kind: 'pglite', folder: folderOf(url) }
    case 'file': {
      const path = fileOfUrl(url)
      return { kind: 'sqlite', file: path === ':memory:' ? null : path }
    }
    default:
      throw unusable(scheme === '' ? 'it has no scheme' : `this version does not know ${scheme}:`)
  }
}

/** Null for `pglite://memory`. */
function folderOf(url: string): string | null {
  const folder = url.replace(/^pglite:(\/\/)?/i, '')
  if (folder === '') throw unusable('pglite: names no place')
  return folder === 'memory' ? null : resolve(folder)
}

/** The database that is meant. @throws naming the setting that is wrong */
export async function readDatabase(flags: DatabaseFlags, environment: Environment): Promise<Storage> {
  const place = placeOfDatabase(flags, environment)
  if (place.kind === 'sqlite') return sqlite(place.file ?? ':memory:')
  // Only who asks for Postgres waits for its driver to load.
  const { pglite, postgres } = await import('@engine/storage-postgres')
  return place.kind === 'postgres' ? postgres(place.url) : pglite(place.folder ?? undefined)
}

/** Where the SQLite file of the database is, or will be; null for a database elsewhere. */
export function readDatabaseFile(flags: DatabaseFlags, environment: Environment): string | null {
  const place = placeOfDatabase(flags, environment)
  return place.kind === 'sqlite' ? place.file : null
}

/** Whether something may be kept already: a server is taken to be there, what is in memory never is. */
export function isDatabaseThere(flags: DatabaseFlags, environment: Environment): boolean {
  const place = placeOfDatabase(flags, environment)
  if (place.kind === 'postgres') return true
  const path = place.kind === 'sqlite' ? place.file : place.folder
  return path !== null && existsSync(path)
}
