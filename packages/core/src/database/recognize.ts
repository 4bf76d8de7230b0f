import { sql, type Kysely } from 'kysely'

import { EngineError } from '../kernel/errors.ts'
import { explainJoinError, notJoinable, unreachable } from './join-errors.ts'
import { familyOf } from './open.ts'
import { first, statement } from './statement.ts'
import type { Database } from './tables.ts'

/** Where a connection leads, and what there would spoil Engine's rows. */
interface Surroundings {
  readonly epoch: unknown
  readonly place: string
  readonly transaction: string | null
  readonly enforcesReferences: number
}

const look = statement<object, Surroundings>((db, _, family) => {
  const identity = db.selectFrom('engine_identity')
  if (family === 'sqlite') {
    return identity.select([
      'epoch',
      sql<string>`(select file from pragma_database_list where name = 'main')`.as('place'),
      sql<null>`null`.as('transaction'),
      sql<number>`(select foreign_keys from pragma_foreign_keys)`.as('enforcesReferences'),
    ])
  }
  return identity.select([
    'epoch',
    sql<string>`concat_ws('/', identity, database_id, table_id)`.as('place'),
    sql<string>`pg_current_xact_id()::text`.as('transaction'),
    sql<number>`1`.as('enforcesReferences'),
  ])
})

/** What tells the database of a connection from all others: SQLite's file, Postgres' cluster, database and schema. */
export async function placeOf(db: Kysely<Database>): Promise<string> {
  return (await lookAround(db)).place
}

async function lookAround(db: Kysely<Database>): Promise<Surroundings> {
  const seen = first(await look(db, {}))
  if (!seen) throw new Error('the row of engine_identity is missing')
  return seen
}

const lockFile = statement((db) =>
  db
    .updateTable('engine_identity')
    .set((e) => ({ epoch: e.ref('epoch') }))
    .where('id', '=', 0),
)

/**
 * Makes sure that a joined transaction is on Engine's database, in a session that keeps its rows sound.
 * @returns what identifies the transaction; null where nothing does
 * @throws `not_joinable`
 */
export async function recognize(tx: Kysely<Database>, place: string): Promise<string | null> {
  const seen = await lookWithin(tx)
  if (seen.place !== place || place === '')
    throw notJoinable(`This transaction is on another database (${seen.place || 'in memory'}) than Engine's (${place || 'in memory'}).`)
  if (typeof seen.epoch !== 'number')
    throw notJoinable(
      `This connection reads a whole number as ${typeof seen.epoch}; Engine needs numbers, so pass the driver's own client.`,
    )
  if (seen.enforcesReferences !== 1)
    throw notJoinable('This connection does not enforce foreign keys: run `pragma foreign_keys = on` on it before the transaction begins.')
  return seen.transaction
}

async function lookWithin(tx: Kysely<Database>): Promise<Surroundings> {
  try {
    // The host may have begun without SQLite's write lock. Taken now, before anything is read, it can still be waited for.
    if (familyOf(tx) === 'sqlite') await lockFile(tx, {})
    return await lookAround(tx)
  } catch (error) {
    const explained = explainJoinError(error)
    throw EngineError.isInstance(explained) ? explained : unreachable(error)
  }
}
