import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

import Database from 'better-sqlite3'

import { withClient } from '../../support/server-process.ts'

/** On what and of what a record was made. */
export interface Machine {
  readonly commit: string
  /** Whether the sources differed from the commit. */
  readonly isModified: boolean
  readonly node: string
  readonly cores: number
  readonly sqlite: string
  readonly postgres: string | null
}

export async function describeMachine(postgresUrl: string | null): Promise<Machine> {
  return {
    commit: git('rev-parse', '--short=12', 'HEAD'),
    isModified: git('status', '--porcelain', '--', 'packages') !== '',
    node: process.versions.node,
    cores: availableParallelism(),
    sqlite: sqliteVersion(),
    postgres:
      postgresUrl === null
        ? null
        : await withClient(postgresUrl, async (client) => versionIn((await client.query<{ version: string }>('show server_version')).rows)),
  }
}

function git(...args: string[]): string {
  try {
    return execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    // Sources without their history.
    return 'unknown'
  }
}

function sqliteVersion(): string {
  const db = new Database(':memory:')
  try {
    return String(db.prepare('select sqlite_version()').pluck().get())
  } finally {
    db.close()
  }
}

function versionIn(rows: readonly Record<string, unknown>[]): string {
  const version = rows[0]?.['server_version']
  return typeof version === 'string' ? version.replace(/ .*/, '') : 'unknown'
}
