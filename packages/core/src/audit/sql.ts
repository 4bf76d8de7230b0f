import type { Kysely, Transaction } from 'kysely'

import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { SealTable } from './table.ts'

const newest = statement((db, given: { companyId: string }) =>
  db.selectFrom('seals').selectAll().where('company_id', '=', given.companyId).orderBy('number', 'desc').limit(1),
)

export async function newestSeal(db: Kysely<Database>, companyId: string): Promise<SealTable | null> {
  return first(await newest(db, { companyId }))
}

/** A company's seals after a number, in their order. */
export const sealsAfter = statement((db, given: { companyId: string; number: number; limit: number }) =>
  db
    .selectFrom('seals')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('number', '>', given.number)
    .orderBy('number')
    .limit(given.limit),
)

export async function sealNumbered(db: Kysely<Database>, given: { companyId: string; number: number }): Promise<SealTable | null> {
  const found = first(await sealsAfter(db, { ...given, number: given.number - 1, limit: 1 }))
  return found?.number === given.number ? found : null
}

export async function sealsNumbered(db: Kysely<Database>, given: { companyId: string; numbers: readonly number[] }): Promise<SealTable[]> {
  return db.selectFrom('seals').selectAll().where('company_id', '=', given.companyId).where('number', 'in', given.numbers).execute()
}

const add = statement((db, given: SealTable) =>
  db
    .insertInto('seals')
    .values({
      company_id: given.company_id,
      number: given.number,
      first_seq: given.first_seq,
      last_seq: given.last_seq,
      count: given.count,
      previous_seal: given.previous_seal,
      seal: given.seal,
      // As with events: a process that opened the database before it was restored seals nothing any more.
      epoch: db.selectFrom('engine_instance').select('epoch').where('epoch', '=', given.epoch).$asScalar(),
      sealed_at: given.sealed_at,
    })
    .onConflict((conflict) => conflict.columns(['company_id', 'number']).doNothing())
    .returning('number'),
)

/**
 * Adds a seal that follows the one before it, which is in the table and stays there: one of all who seal at the same time
 * has the number. @returns whether it was this one
 */
export async function addSeal(tx: Transaction<Database>, seal: SealTable): Promise<boolean> {
  return (await add(tx, seal)).length > 0
}

/** How many events of a company come after a seq, and when the first of them happened. */
export async function eventsUnsealed(
  db: Kysely<Database>,
  { companyId, after: seq }: { companyId: string; after: number },
): Promise<{ events: number; since: string | null }> {
  const unsealed = db.selectFrom('events').where('company_id', '=', companyId).where('seq', '>', seq)
  const { events, oldest } = await unsealed
    .select((e) => [e.fn.countAll<number>().as('events'), e.fn.min('seq').as('oldest')])
    .executeTakeFirstOrThrow()
  if (oldest === null) return { events: 0, since: null }
  const row = await db.selectFrom('events').select('at').where('company_id', '=', companyId).where('seq', '=', oldest).executeTakeFirst()
  return { events, since: row?.at ?? null }
}

/** Which company each event after a position is of, in the order of the log; it must be complete up to `upTo`. */
export const companiesOfEvents = statement((db, given: { after: number; upTo: number; limit: number }) =>
  db
    .selectFrom('events')
    .select(['seq', 'company_id'])
    .where('seq', '>', given.after)
    .where('seq', '<=', given.upTo)
    .orderBy('seq')
    .limit(given.limit),
)

const newestUpTo = statement((db, given: { upTo: number }) =>
  db.selectFrom('events').select('seq').where('seq', '<=', given.upTo).orderBy('seq', 'desc').limit(1),
)

/** The last position that an event has, up to one. */
export async function newestSeqUpTo(db: Kysely<Database>, upTo: number): Promise<number> {
  return first(await newestUpTo(db, { upTo }))?.seq ?? 0
}

const companiesAfter = statement((db, given: { above: string; limit: number }) =>
  db.selectFrom('companies').select('id').where('id', '>', given.above).orderBy('id').limit(given.limit),
)

export async function companyIdsAfter(db: Kysely<Database>, given: { above: string; limit: number }): Promise<string[]> {
  return (await companiesAfter(db, given)).map((row) => row.id)
}

/** How many events the seals after a number cover, up to another one. */
export async function eventsSealedAfter(db: Kysely<Database>, given: { companyId: string; number: number; upTo: number }): Promise<number> {
  const { events } = await db
    .selectFrom('seals')
    .select((e) => e.fn.sum<number | null>('count').as('events'))
    .where('company_id', '=', given.companyId)
    .where('number', '>', given.number)
    .where('number', '<=', given.upTo)
    .executeTakeFirstOrThrow()
  return events ?? 0
}
