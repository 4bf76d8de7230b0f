import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

import type { Database as Native } from 'better-sqlite3'

/** Below this version two writers can corrupt a WAL file (fixed in SQLite 3.51.3). */
const leastSqlite = [3, 51, 3] as const
/** better-sqlite3 crashes without a word on older versions, so this is checked before it is loaded. */
const leastNode = [22, 18] as const

/** How long SQLite itself waits for another process's lock; it blocks the event loop, so it is short. Milliseconds. */
const nativeWaitMs = 20

export interface Handles {
  readonly writer: Native
  /** A second connection that sees only what is committed; null for a database in memory, which has one connection. */
  readonly reader: Native | null
}

/** Opens a database file and its connections. @throws with one line that says what to do */
export async function openDatabase(path: string): Promise<Handles> {
  refuseOldNode(process.versions.node)
  const { default: Database } = await import('better-sqlite3')
  const isMemory = path === ':memory:'
  if (!isMemory) mkdirSync(dirname(path), { recursive: true })
  const writer = new Database(path, { timeout: nativeWaitMs })
  refuseOldSqlite(writer)
  if (isMemory) {
    configure(writer)
    return { writer, reader: null }
  }
  // Another process may be switching the same new file to WAL right now; that takes it milliseconds.
  writer.pragma('busy_timeout = 5000')
  writer.pragma('journal_mode = WAL')
  configure(writer)
  writer.pragma(`busy_timeout = ${nativeWaitMs}`)
  const reader = new Database(path, { timeout: nativeWaitMs })
  configure(reader)
  reader.pragma('query_only = ON')
  return { writer, reader }
}

// Each connection sets these itself: only the one that created a WAL file keeps FULL by default.
function configure(connection: Native): void {
  connection.pragma('synchronous = FULL')
  connection.pragma('foreign_keys = ON')
  connection.pragma('cache_size = -65536')
  connection.pragma('wal_autocheckpoint = 4000')
}

function refuseOldNode(version: string): void {
  if (isOlder(version, leastNode)) throw new Error(`@engine/storage-sqlite needs Node.js ${leastNode.join('.')} or newer, this is ${version}.`)
}

function refuseOldSqlite(connection: Native): void {
  const version = String(connection.prepare('select sqlite_version()').pluck().get())
  if (!isOlder(version, leastSqlite)) return
  connection.close()
  throw new Error(`SQLite ${version} can corrupt a database that two processes write; ${leastSqlite.join('.')} or newer is needed. Update better-sqlite3.`)
}

export function isOlder(version: string, least: readonly number[]): boolean {
  const parts = version.split('.').map(Number)
  for (const [index, wanted] of least.entries()) {
    const part = parts[index] ?? 0
    if (part !== wanted) return part < wanted
  }
  return false
}
