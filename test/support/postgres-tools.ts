// Finds the tools that people back Postgres up with. They refuse a server newer than themselves, so tests run them with a server of theirs.
import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface PostgresTools {
  /** A folder with pg_dump and pg_restore, and with the server of the same version. */
  readonly folder: string
}

const programs = ['pg_dump', 'pg_restore', 'initdb', 'postgres']
/** Engine needs `pg_current_xact_id()`. */
const leastVersion = 13
const installed = '/usr/lib/postgresql'

/** Says why when there are none. */
export function findPostgresTools(): PostgresTools | null {
  const versions = existsSync(installed) ? readdirSync(installed) : []
  const newestFirst = versions.filter((version) => Number(version) >= leastVersion).toSorted((left, right) => Number(right) - Number(left))
  const folder = newestFirst
    .map((version) => join(installed, version, 'bin'))
    .find((bin) => programs.every((name) => existsSync(join(bin, name))))
  if (folder !== undefined) return { folder }
  console.log(`No pg_dump, its tests are skipped: there is no Postgres ${leastVersion} or newer with server and tools in ${installed}`)
  return null
}

export async function runTool({ folder }: PostgresTools, name: 'pg_dump' | 'pg_restore', args: readonly string[]): Promise<void> {
  await promisify(execFile)(join(folder, name), args, { env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' } })
}
