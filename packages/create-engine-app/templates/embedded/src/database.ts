import { setTimeout } from 'node:timers/promises'

import Database from 'better-sqlite3'

/** Opens the file that the app and Engine share. */
export function openDatabase(file: string): Database.Database {
  // While SQLite itself waits for a lock, this whole process stands still; so it hardly does, and `begin` waits instead.
  const database = new Database(file, { timeout: 20 })
  database.pragma('journal_mode = wal')
  database.pragma('synchronous = full')
  return database
}

/** Commits when the work is done, rolls back when it throws. On a connection of its own: statements of other requests stay out of it. */
export async function inTransaction<Result>(file: string, work: (tx: Database.Database) => Promise<Result>): Promise<Result> {
  const tx = openDatabase(file)
  try {
    await begin(tx)
    const result = await work(tx)
    tx.exec('commit')
    return result
  } finally {
    // Rolls back what is not committed.
    tx.close()
  }
}

async function begin(tx: Database.Database): Promise<void> {
  for (;;) {
    try {
      tx.exec('begin immediate')
      return
    } catch (error) {
      if (!(error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY')) throw error
      await setTimeout(5)
    }
  }
}
