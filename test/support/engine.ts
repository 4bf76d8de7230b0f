import Database from 'better-sqlite3'

import type { Storage, UserActor } from '@engine/core'
import { createTestEngine, type TestEngine, type TestEngineOptions } from '@engine/testing'

import { newStorage } from './storages.ts'

export { errorOf, scriptedAdapter, until } from '@engine/testing'

export const board: UserActor = { kind: 'user', id: 'board', roles: { '*': 'owner' } }

export type World = TestEngine

/** An engine with one company and one agent; nothing runs until the test starts it. */
export async function createWorld(options: Partial<TestEngineOptions> & { storage?: Storage } = {}): Promise<World> {
  return createTestEngine({ ...options, storage: options.storage ?? (await newStorage()) })
}

/** Every row of a database file, as one text: equal before and after means that nothing changed. Seals come by themselves, and workers say that they live. */
export function dump(file: string): string {
  const db = new Database(file, { readonly: true })
  try {
    const tables = db
      .prepare(`select name from sqlite_master where type = 'table' and name not in ('seals', 'workers') order by name`)
      .pluck()
      .all() as string[]
    return JSON.stringify(tables.map((table) => [table, db.prepare(`select * from "${table}" order by 1, 2`).all()]))
  } finally {
    db.close()
  }
}
