import { sql, type Kysely, type Transaction } from 'kysely'

import { EngineError, kernelErrors } from '../kernel/errors.ts'
import { isoTime } from '../ports/clock.ts'
import { familyOf } from './open.ts'
import { statement } from './statement.ts'
import type { Database } from './tables.ts'

/** What `backup` leaves in its copy, so that the copy knows itself for one when it is opened. */
export const copiedIdentity = 'copy'
const newIdentity = 'new'

interface Instance {
  readonly epoch: number
  readonly isRestored: boolean
}

/** What changes when a database is restored. */
interface Identity {
  readonly identity: string
  readonly database_id: number
  readonly table_id: number
}

/**
 * Finds out whether this database is the one that was last opened here or a restored copy of it. A copy begins a new
 * epoch: leases in it are over, and processes that still have the one before open can write no event (PROMISES P24).
 * @returns the epoch that this process may write in
 */
export async function openInstance(db: Kysely<Database>): Promise<Instance> {
  return db.transaction().execute(recognize)
}

async function recognize(tx: Transaction<Database>): Promise<Instance> {
  const known = await tx.selectFrom('engine_identity').selectAll().forUpdate().executeTakeFirstOrThrow()
  const found = await identityOf(tx)
  const isRestored = known.identity !== newIdentity && !isSame(known, found)
  const epoch = known.epoch + (isRestored ? 1 : 0)
  // Written in any case: whoever may only read finds out now, and not at the first call.
  await tx
    .updateTable('engine_identity')
    .set({ epoch, ...found })
    .execute()
  // No run has a fence below zero: the right to act is gone at once, the task comes back with the next sweep.
  if (isRestored)
    await tx
      .updateTable('leases')
      .set({ fence: -1, expires_at: isoTime(0) })
      .execute()
  return { epoch, isRestored }
}

const currentEpoch = statement((db, given: { epoch: number }) =>
  db.selectFrom('engine_instance').select('epoch').where('epoch', '=', given.epoch),
)

/**
 * For writes that record no event, by which all others are refused.
 * @throws `instance_replaced` when the database was restored since it was opened
 */
export async function assertEpoch(db: Kysely<Database>, epoch: number): Promise<void> {
  const rows = await currentEpoch(db, { epoch })
  if (rows.length === 0) throw instanceReplaced()
}

/** Why a process that opened this database in an epoch may not go on with it; null when it may. Also notices another cluster. */
export async function findReplacement(db: Kysely<Database>, epoch: number): Promise<string | null> {
  const known = await db.selectFrom('engine_identity').selectAll().executeTakeFirst()
  return known?.epoch === epoch && isSame(known, await identityOf(db)) ? null : instanceReplaced().message
}

export function instanceReplaced(cause?: unknown): EngineError {
  return new EngineError(
    kernelErrors.instance_replaced,
    'The database was restored from a copy since this process opened it; nothing was changed. Restart this process.',
    { cause },
  )
}

function isSame(left: Identity, right: Identity): boolean {
  return left.identity === right.identity && left.database_id === right.database_id && left.table_id === right.table_id
}

/** Postgres: the cluster, the database, and the table, which a dump creates anew. SQLite: `backup` marks the copy. */
async function identityOf(db: Kysely<Database>): Promise<Identity> {
  if (familyOf(db) === 'sqlite') return { identity: 'sqlite', database_id: 0, table_id: 0 }
  return db
    .selectFrom('engine_identity')
    .select([
      sql<string>`(select system_identifier::text from pg_control_system())`.as('identity'),
      sql<number>`(select oid::bigint from pg_database where datname = current_database())`.as('database_id'),
      sql<number>`engine_identity.tableoid::bigint`.as('table_id'),
    ])
    .executeTakeFirstOrThrow()
}
