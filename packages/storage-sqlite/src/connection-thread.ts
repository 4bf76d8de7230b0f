// What a thread of Engine opens the database file with; see StorageSession of @engine/core.
import Database from 'better-sqlite3'

import type { ThreadConnect } from '@engine/core/plugin'

import { openBeside } from './open.ts'

/** How long it waits for the lock of another connection, milliseconds; here it holds up nobody. */
const lockWaitMs = 5_000

export const connect: ThreadConnect = async (target) => {
  const connection = openBeside(Database, String(target), lockWaitMs)
  return {
    run: async ({ sql, parameters }) => connection.prepare(sql).all(...parameters),
    close: async () => void connection.close(),
  }
}
