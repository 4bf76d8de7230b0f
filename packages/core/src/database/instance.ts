import { sql, type Kysely, type Transaction } from 'kysely'

import { isoTime } from '../ports/clock.ts'
import { familyOf } from './open.ts'
import type { Database } from './tables.ts'

/** What `backup` leaves in its copy, so that the copy knows itself for one when it is opened. */
export const copiedIdentity = 'copy'
const newIdentity = 'new'

interface Instance {
  readonly epoch: number
  readonly isRestored: boolean
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
  const known = await tx.selectFrom('engine_instance').selectAll().forUpdate().executeTakeFirstOrThrow()
  const identity = await identityOf(tx)
  if (known.identity === identity) return { epoch: known.epoch, isRestored: false }
  const isRestored = known.identity !== newIdentity
  const epoch = known.epoch + (isRestored ? 1 : 0)
  await tx.updateTable('engine_instance').set({ epoch, identity }).execute()
  // No run has a fence below zero: the right to act is gone at once, the task comes back with the next sweep.
  if (isRestored)
    await tx
      .updateTable('leases')
      .set({ fence: -1, expires_at: isoTime(0) })
      .execute()
  return { epoch, isRestored }
}

/**
 * What changes when a database is restored. Postgres: the cluster, the database and the table, which a dump creates anew.
 * SQLite: nothing in a file tells it from its copy, so `backup` marks the copy.
 */
async function identityOf(tx: Kysely<Database>): Promise<string> {
  if (familyOf(tx) === 'sqlite') return 'sqlite'
  const row = await tx
    .selectFrom('engine_instance')
    .select([
      sql<string>`(select system_identifier::text from pg_control_system())`.as('cluster'),
      sql<string>`(select oid::text from pg_database where datname = current_database())`.as('database'),
      sql<string>`engine_instance.tableoid::text`.as('table'),
    ])
    .executeTakeFirstOrThrow()
  return `${row.cluster}/${row.database}/${row.table}`
}
