import type { Kysely, Transaction } from 'kysely'

import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { keepBooks } from '../kernel/transaction.ts'
import type { RunCallbackTable } from './table.ts'

interface OfRun {
  companyId: string
  runId: string
}

const byDelivery = statement((db, given: OfRun & { deliveryId: string }) =>
  db
    .selectFrom('run_callbacks')
    .select('sequence')
    .where('company_id', '=', given.companyId)
    .where('run_id', '=', given.runId)
    .where('delivery_id', '=', given.deliveryId),
)

/** Whether a call with this id was taken for the run before. */
export async function isKnownCallback(db: Kysely<Database>, given: OfRun & { deliveryId: string }): Promise<boolean> {
  return first(await byDelivery(db, given)) !== null
}

const newest = statement((db, given: OfRun) =>
  db
    .selectFrom('run_callbacks')
    .select('sequence')
    .where('company_id', '=', given.companyId)
    .where('run_id', '=', given.runId)
    .orderBy('sequence', 'desc')
    .limit(1),
)

/** How many calls a run has taken: while it lives none is forgotten. */
export async function countCallbacks(db: Kysely<Database>, given: OfRun): Promise<number> {
  return first(await newest(db, given))?.sequence ?? 0
}

const insert = statement((db, given: RunCallbackTable) =>
  db.insertInto('run_callbacks').values({
    company_id: given.company_id,
    run_id: given.run_id,
    sequence: given.sequence,
    delivery_id: given.delivery_id,
    body: given.body,
    received_at: given.received_at,
  }),
)

/** The caller has the company for itself, so the sequence is the order of the commits: whoever has read up to one misses none. */
export async function insertCallback(tx: Transaction<Database>, row: RunCallbackTable): Promise<void> {
  await insert(tx, row)
}

const following = statement((db, given: OfRun & { after: number }) =>
  db
    .selectFrom('run_callbacks')
    .select(['sequence', 'body'])
    .where('company_id', '=', given.companyId)
    .where('run_id', '=', given.runId)
    .where('sequence', '>', given.after)
    .orderBy('sequence')
    .limit(1),
)

/** The first call behind a sequence; null when there is none yet. */
export async function nextCallback(db: Kysely<Database>, given: OfRun & { after: number }) {
  return first(await following(db, given))
}

/** How many are forgotten at once: each may be as large as a body may be. */
const forgottenAtOnce = 100

/** Forgets the calls of ended runs. @returns whether there may be more */
export async function forgetCallbacks(db: Kysely<Database>, since: string): Promise<boolean> {
  const old = db
    .selectFrom('run_callbacks')
    .innerJoin('runs', (join) =>
      join.onRef('runs.company_id', '=', 'run_callbacks.company_id').onRef('runs.id', '=', 'run_callbacks.run_id'),
    )
    .select(['run_callbacks.company_id', 'run_callbacks.run_id', 'run_callbacks.sequence'])
    .where('run_callbacks.received_at', '<=', since)
    .where('runs.finished_at', 'is not', null)
    .limit(forgottenAtOnce)
  // Mostly there is nothing to forget, and nobody has to wait for a lock.
  const found = await old.execute()
  if (found.length === 0) return false
  await keepBooks(db, (tx) =>
    tx
      .deleteFrom('run_callbacks')
      .where((e) => e(e.refTuple('company_id', 'run_id', 'sequence'), 'in', old.$asTuple('company_id', 'run_id', 'sequence')))
      .execute(),
  )
  return found.length >= forgottenAtOnce
}
