import type { Kysely, Transaction } from 'kysely'

import { present, presentPlus } from '../database/open.ts'
import { first, statement } from '../database/statement.ts'
import { hasBudgets } from '../budgets/sql.ts'
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

/** A lease before the database has said when it ends; it has made no tasks yet. */
type NewLease = Omit<LeaseTable, 'expires_at' | 'tasks_made'>

/** How long a lease lasts, and until when that is by this process's clock. */
export interface Term {
  leaseMs: number
  expiresAt: string
}

const renew = statement((db, given: Held & Term, family) =>
  db
    .updateTable('leases')
    .set({ expires_at: presentPlus(family, { ms: given.leaseMs, at: given.expiresAt }) })
    .where('run_id', '=', given.runId)
    .where('fence', '=', given.fence)
    .returning('expires_at'),
)

/** Moves the expiry of a lease that still is this run's; null when it is not. */
export async function renewLease(tx: Transaction<Database>, given: Held & Term): Promise<string | null> {
  return first(await renew(tx, given))?.expires_at ?? null
}

const insert = statement((db, given: NewLease & Term, family) =>
  db.insertInto('leases').values({
    run_id: given.run_id,
    company_id: given.company_id,
    task_id: given.task_id,
    agent_id: given.agent_id,
    fence: given.fence,
    worker_id: given.worker_id,
    expires_at: presentPlus(family, { ms: given.leaseMs, at: given.expiresAt }),
    tasks_made: 0,
  }),
)

/** Gives a run its lease; the caller counts it. The unique key on the task refuses a second one. */
export async function insertLease(tx: Transaction<Database>, lease: NewLease & Term): Promise<void> {
  await insert(tx, lease)
}

const countTask = statement((db, given: Held & { companyId: string; most: number }) =>
  db
    .updateTable('leases')
    .set((e) => ({ tasks_made: e('tasks_made', '+', 1) }))
    .where('run_id', '=', given.runId)
    .where('fence', '=', given.fence)
    .where('company_id', '=', given.companyId)
    .where('tasks_made', '<', given.most)
    .returning('run_id'),
)

/** Counts a task that a run makes; false when it has made `most` already. */
export async function countTaskOfRun(tx: Transaction<Database>, given: Held & { companyId: string; most: number }): Promise<boolean> {
  return first(await countTask(tx, given)) !== null
}

const remove = statement((db, given: { companyId: string; runId: string }) =>
  db
    .deleteFrom('leases')
    .where('company_id', '=', given.companyId)
    .where('run_id', '=', given.runId)
    .returningAll()
    .returning((e) => hasBudgets(e).as('is_budgeted')),
)

/** `is_budgeted`, as the database has it for true: something may be held for its run. */
export type EndedLease = LeaseTable & { is_budgeted: unknown }

/** Ends a run's lease, which the caller counts; null when somebody else ended it first. */
export async function deleteLease(tx: Transaction<Database>, given: { companyId: string; runId: string }): Promise<EndedLease | null> {
  return first(await remove(tx, given))
}

const leaseOfTask = statement((db, given: { companyId: string; taskId: string }) =>
  db.selectFrom('leases').selectAll().where('company_id', '=', given.companyId).where('task_id', '=', given.taskId),
)

export async function findLease(db: Kysely<Database>, given: { companyId: string; taskId: string }): Promise<LeaseTable | null> {
  return first(await leaseOfTask(db, given))
}

const heldBy = statement((db, given: { workerId: string }) =>
  db.selectFrom('leases').select('run_id').where('worker_id', '=', given.workerId),
)

/** The runs that a worker has leases for. */
export async function runsHeldBy(db: Kysely<Database>, workerId: string): Promise<ReadonlySet<string>> {
  const rows = await heldBy(db, { workerId })
  return new Set(rows.map((row) => row.run_id))
}

const expiredLease = statement((db, given: { runId: string; now: string }, family) =>
  db
    .selectFrom('leases')
    .selectAll()
    .where('run_id', '=', given.runId)
    .where('expires_at', '<', present(family, given.now))
    .forNoKeyUpdate(),
)

/** A run's lease if it has run out; from then on its run can not renew it before this transaction ends. */
export async function lockExpiredLease(tx: Transaction<Database>, given: { runId: string; now: string }): Promise<LeaseTable | null> {
  return first(await expiredLease(tx, given))
}

/** Leases that ran out, oldest first. */
export const expiredLeases = statement((db, given: { now: string; limit: number }, family) =>
  db
    .selectFrom('leases')
    .select(['run_id', 'expires_at'])
    .where('expires_at', '<', present(family, given.now))
    .orderBy('expires_at')
    .limit(given.limit),
)
