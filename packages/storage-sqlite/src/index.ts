// The complete public surface of @engine/storage-sqlite.
import { resolve } from 'node:path'

import { SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, type SelectModifierNode } from 'kysely'

import { STORAGE_SPEC, type Storage } from '@engine/core/plugin'

import { SqliteDriver } from './driver.ts'
import { databaseFile } from './file.ts'
import { isInMemory } from './open.ts'
import { adoptConnection } from './joined.ts'

const threadModule = new URL(import.meta.url.endsWith('.ts') ? './connection-thread.ts' : './connection-thread.js', import.meta.url).href

/** Our driver takes care of turns itself, and reads while a transaction is under way; Kysely must not queue them. */
class ManyConnections extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true
  }
}

/** A SQLite transaction has the whole database for itself: there are no row locks, and none are needed. */
class WithoutRowLocks extends SqliteQueryCompiler {
  static readonly #locks: ReadonlySet<string | undefined> = new Set([
    'ForUpdate',
    'ForNoKeyUpdate',
    'ForShare',
    'ForKeyShare',
    'SkipLocked',
  ])

  protected override visitSelectModifier(node: SelectModifierNode): void {
    if (!WithoutRowLocks.#locks.has(node.modifier)) super.visitSelectModifier(node)
  }

  /** Without the space that stood before a lock it is the statement that reads without one, which is prepared already. */
  protected override getSql(): string {
    return super.getSql().trimEnd()
  }
}

/**
 * SQLite as Engine's storage: a file, or `:memory:`.
 *
 * Every acknowledged write is on disk (`synchronous=FULL`); writes that are asked for together share one commit. Several
 * processes may open the same file.
 *
 * Given the bytes of a database, as a backup holds them, each engine has a copy of it in memory: tests begin with what a
 * fixture holds, without migrations, and leave the fixture as it was.
 */
export function sqlite(given: string | Uint8Array): Storage {
  if (given.length === 0) throw new Error('sqlite() needs the path of a file, :memory:, or the bytes of a database.')
  // Connections are opened later too, when the process may have gone to another folder; they all have to be to this file.
  const target = isInMemory(given) ? given : resolve(given)
  return {
    spec: STORAGE_SPEC,
    id: `sqlite:${typeof given === 'string' ? given : 'a copy in memory'}`,
    family: 'sqlite',
    open(purpose) {
      const driver = new SqliteDriver(target, purpose)
      return {
        dialect: {
          createAdapter: () => new ManyConnections(),
          createDriver: () => driver,
          createIntrospector: (db) => new SqliteIntrospector(db),
          createQueryCompiler: () => new WithoutRowLocks(),
        },
        file: databaseFile(target, driver),
        // A database in memory is where its one connection is.
        ...(!isInMemory(target) && { thread: { module: threadModule, target } }),
      }
    },
    adopt: adoptConnection,
  }
}
