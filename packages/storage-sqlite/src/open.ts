import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

import type DatabaseConstructor from 'better-sqlite3'
import type { Database as Native } from 'better-sqlite3'

import { whileBusy } from './busy.ts'

/** Below this version two writers can corrupt a WAL file (fixed in SQLite 3.51.3). */
const leastSqlite = [3, 51, 3] as const
/** better-sqlite3 crashes without a word on older versions, so this is checked before it is loaded. */
const leastNode = [22, 18] as const

/** How long SQLite itself waits for another process's lock; it blocks the event loop, so it is short. Milliseconds. */
const nativeWaitMs = 20
/** How long opening waits for processes that are creating the same file, milliseconds. */
const openWaitMs = 10_000

/** The path of a file, `:memory:`, or the bytes of a database that is copied into memory. */
export type Target = string | Uint8Array

export function isInMemory(target: Target): target is Uint8Array | ':memory:' {
  return typeof target !== 'string' || target === ':memory:'
}

export interface Handles {
  readonly writer: Native
  /** A second connection that sees only what is committed; null for a database in memory, which has one connection. */
  readonly reader: Native | null
}

/** Opens a database file and its connections. @throws with one line that says what to do */
export async function openDatabase(target: Target, purpose?: 'reading'): Promise<Handles> {
  refuseOldNode(process.versions.node)
  const { default: Database } = await import('better-sqlite3')
  if (typeof target !== 'string') return { writer: openCopy(Database, target), reader: null }
  if (target === ':memory:') return { writer: openConnection(Database, target), reader: null }
  return openFile(Database, target, purpose)
}

/** @throws for what is no database, and for the file of one that is in use: what that wrote last is in another file */
function openCopy(Database: typeof DatabaseConstructor, bytes: Uint8Array): Native {
  try {
    const connection = openConnection(Database, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    // SQLite looks at what it was given only when it is asked for something in it.
    connection.prepare('select count(*) from sqlite_schema').get()
    return connection
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`These bytes cannot be opened as a database in memory: ${reason}. Take the bytes of a backup.`, { cause: error })
  }
}

async function openFile(Database: typeof DatabaseConstructor, path: string, purpose?: 'reading'): Promise<Handles> {
  try {
    if (purpose === 'reading') {
      const openOne = () => whileBusy(openWaitMs, () => openForReading(Database, path, nativeWaitMs))
      return { writer: await openOne(), reader: await openOne() }
    }
    mkdirSync(dirname(path), { recursive: true })
    // Another process may be creating the same file and switching it to WAL, which locks everybody out for a moment.
    const writer = await whileBusy(openWaitMs, () => openConnection(Database, path))
    const reader = await whileBusy(openWaitMs, () => openConnection(Database, path))
    reader.pragma('query_only = ON')
    return { writer, reader }
  } catch (error) {
    const reason = isFolder(path) ? 'it is a folder' : error instanceof Error ? error.message : String(error)
    throw new Error(`The database file ${path} cannot be opened: ${reason}. Check the path and its permissions, or choose another file.`, {
      cause: error,
    })
  }
}

/** Of which SQLite says no more than that its disk is broken. */
function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function openConnection(Database: typeof DatabaseConstructor, path: string | Buffer): Native {
  const connection = new Database(path, { timeout: nativeWaitMs })
  try {
    refuseOldSqlite(connection)
    if (typeof path === 'string' && path !== ':memory:') connection.pragma('journal_mode = WAL')
    configure(connection)
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

/** One more connection to a database that is open already, in a thread that may wait for the lock. */
export function openBeside(Database: typeof DatabaseConstructor, path: string, waitMs: number): Native {
  const connection = new Database(path, { fileMustExist: true, timeout: waitMs })
  configure(connection)
  return connection
}

/** A connection that neither creates nor changes the file, also when that is a copy which was never opened. */
export function openForReading(Database: typeof DatabaseConstructor, path: string, waitMs: number): Native {
  const connection = new Database(path, { readonly: true, fileMustExist: true, timeout: waitMs })
  try {
    refuseOldSqlite(connection)
    // SQLite looks at the file only when it is asked for something in it.
    connection.prepare('select count(*) from sqlite_schema').get()
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

// Each connection sets these itself: only the one that created a WAL file keeps FULL by default.
function configure(connection: Native): void {
  connection.pragma('synchronous = FULL')
  connection.pragma('foreign_keys = ON')
  // After a commit that moved pages SQLite looks through all that it keeps: with eight times as many, small commits cost a third more.
  connection.pragma('cache_size = -8192')
  // Savepoints note the pages that they change; in a file that costs more than the change.
  connection.pragma('temp_store = MEMORY')
  connection.pragma('wal_autocheckpoint = 4000')
}

function refuseOldNode(version: string): void {
  if (isOlder(version, leastNode))
    throw new Error(`@engine/storage-sqlite needs Node.js ${leastNode.join('.')} or newer, this is ${version}.`)
}

function refuseOldSqlite(connection: Native): void {
  const version = String(connection.prepare('select sqlite_version()').pluck().get())
  if (!isOlder(version, leastSqlite)) return
  throw new Error(
    `SQLite ${version} can corrupt a database that two processes write; ${leastSqlite.join('.')} or newer is needed. Update better-sqlite3.`,
  )
}

export function isOlder(version: string, least: readonly number[]): boolean {
  const parts = version.split('.').map(Number)
  for (const [index, wanted] of least.entries()) {
    const part = parts[index] ?? 0
    if (part !== wanted) return part < wanted
  }
  return false
}
