import type { Kysely, Transaction } from 'kysely'

import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { RunActor } from '../kernel/actor.ts'
import type { LeaseTable } from './table.ts'

interface Held {
  runId: string
  fence: number
}

const readLease = statement((db, given: Held) =>
  db.selectFrom('leases').select('run_id').where('run_id', '=', given.runId).where('fence', '=', given.fence),
)

/** Whether a run still owns its task, for reads. */
export async function isLeaseHeld(db: Kysely<Database>, actor: RunActor): Promise<boolean> {
  const rows = await readLease(db, { runId: actor.id, fence: actor.fence })
  return rows.length > 0
}

// Writing the fence over itself takes the row's lock, so nobody can end this lease before our transaction commits.
const lockLease = statement((db, given: Held) =>
  db
    .updateTable('leases')
    .set({ fence: given.fence })
    .where('run_id', '=', given.runId)
    .where('fence', '=', given.fence)
    .returning('run_id'),
)

/** Whether a run owns its task, and keeps it until this transaction ends: the guard of every write of a run. */
export async function holdLease(tx: Transaction<Database>, actor: RunActor): Promise<boolean> {
  const rows = await lockLease(tx, { runId: actor.id, fence: actor.fence })
  return rows.length > 0
}

const renew = statement((db, given: Held & { expiresAt: string }) =>
  db
    .updateTable('leases')
    .set({ expires_at: given.expiresAt })
    .where('run_id', '=', given.runId)
    .where('fence', '=', given.fence)
    .returning('expires_at'),
)

/** Moves the expiry of a lease that still is this run's; null when it is not. */
export async function renewLease(tx: Transaction<Database>, given: Held & { expiresAt: string }): Promise<string | null> {
  return first(await renew(tx, given))?.expires_at ?? null
}

const insert = statement((db, given: LeaseTable) =>
  db.insertInto('leases').values({
    run_id: given.run_id,
    company_id: given.company_id,
    task_id: given.task_id,
    agent_id: given.agent_id,
    fence: given.fence,
    worker_id: given.worker_id,
    expires_at: given.expires_at,
  }),
)

/** Gives a run its lease. The unique key on the task refuses a second one. */
export async function insertLease(tx: Transaction<Database>, lease: LeaseTable): Promise<void> {
  await insert(tx, lease)
}

const remove = statement((db, given: { companyId: string; runId: string }) =>
  db.deleteFrom('leases').where('company_id', '=', given.companyId).where('run_id', '=', given.runId).returningAll(),
)

/** Ends a run's lease; null when somebody else ended it first. */
export async function deleteLease(tx: Transaction<Database>, given: { companyId: string; runId: string }): Promise<LeaseTable | null> {
  return first(await remove(tx, given))
}

const leaseOfTask = statement((db, given: { companyId: string; taskId: string }) =>
  db.selectFrom('leases').selectAll().where('company_id', '=', given.companyId).where('task_id', '=', given.taskId),
)

export async function findLease(db: Kysely<Database>, given: { companyId: string; taskId: string }): Promise<LeaseTable | null> {
  return first(await leaseOfTask(db, given))
}

const expired = statement((db, given: { now: string; limit: number }) =>
  db.selectFrom('leases').select(['run_id', 'expires_at']).where('expires_at', '<', given.now).orderBy('expires_at').limit(given.limit),
)

/** Leases that ran out, oldest first. */
export async function expiredLeases(db: Kysely<Database>, given: { now: string; limit: number }) {
  return expired(db, given)
}
