import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'

import type { Database as Native } from 'better-sqlite3'

import type { BackupCopy } from '@engine/core/plugin'

/** Copies what is committed now into a new file, in one read transaction: writers go on. */
export function copyInto(source: Native, target: string): void {
  source.prepare('vacuum into ?').run(target)
}

/** Runs statements in a copy. One that fails spoils the copy, which has no name yet. */
export function mark(copy: Native, marks: BackupCopy['marks']): void {
  for (const { sql, parameters } of marks) copy.prepare(sql).run(...parameters)
}

/** Gives a finished file its name, once it is on disk. @throws with the code EEXIST when something has that name already */
export function publish(partial: string, target: string): void {
  sync(partial)
  try {
    // Unlike a rename, a link never replaces what is there.
    linkSync(partial, target)
  } catch (error) {
    if (!isWithoutLinks(error)) throw error
    if (existsSync(target)) throw existsAlready(target)
    renameSync(partial, target)
  }
  // Windows has no way to sync a folder, and none is needed there.
  if (process.platform !== 'win32') sync(dirname(target))
}

export function existsAlready(path: string): Error {
  return Object.assign(new Error(`${path} exists already`), { code: 'EEXIST' })
}

function isWithoutLinks(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(EPERM|ENOTSUP|EOPNOTSUPP|ENOSYS)$/.test(String(error.code))
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** What SQLite finds broken, and rows that refer to no row; one line each, the first hundred of both. */
export function findDamage(connection: Native): string[] {
  const broken = connection
    .prepare('pragma integrity_check')
    .pluck()
    .all()
    .map(String)
    .filter((line) => line !== 'ok')
  // The columns of this pragma.
  const dangling = connection.prepare('pragma foreign_key_check').all() as { table: string; rowid: number | null; parent: string }[]
  const lines = dangling
    .slice(0, 100)
    .map(({ table, rowid, parent }) => `${table}: row ${rowid} refers to a row of ${parent} that is not there`)
  return [...broken, ...lines]
}
