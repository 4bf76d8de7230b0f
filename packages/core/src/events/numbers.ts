import { sql, type Kysely } from 'kysely'

import { familyOf, sequenceName, tableOf } from '../database/open.ts'
import { first, rawStatement, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'

/** Marks our locks among those of the database, which are told apart by two numbers. */
const lockClass = sql.lit(0x4e47)

/**
 * On Postgres seq is given out before the commit, so a slow transaction's events would appear behind a reader that has gone
 * past them. Each writer says by a lock how far the log was before it took numbers, for as long as it is not committed.
 */
export function announceWriting(db: Kysely<Database>) {
  const sequence = tableOf(db, 'events_seq_seq')
  // The low half of the number is the lock's second part, its high half is below our mark in the first.
  return sql`(select pg_advisory_xact_lock_shared(((${lockClass}::bigint << 16) | (last_value >> 32))::int,
    ((last_value & 4294967295) - 2147483648)::int) from ${sequence})`
}

/**
 * A new event's number in the log, for statements that tell it without reading the event: they announce their writing before they ask, and insert it with
 * `overriding system value`. Of several in one list the first is the lowest.
 */
export function nextNumber(db: Kysely<Database>) {
  return sql`nextval(${sequenceName(db, 'events_seq_seq')})`
}

const settled = statement((db) =>
  rawStatement<{ seq: number }>(
    db,
    // The end of the log is read before the locks: who takes numbers later takes higher ones.
    sql`with log as materialized (select last_value from ${tableOf(db, 'events_seq_seq')})
      select least(log.last_value, (select min(((classid::bigint & 65535) << 32) | (objid::bigint # 2147483648)) from pg_locks
        where locktype = 'advisory' and objsubid = 2 and (classid::bigint >> 16) = ${lockClass} and log.last_value > 0
          and database = (select oid from pg_database where datname = current_database()))) as seq
      from log`,
  ),
)

/** Up to where the log is complete: no event can appear at or below this seq any more. */
export async function settledSeq(db: Kysely<Database>): Promise<number> {
  if (familyOf(db) === 'sqlite') return Number.MAX_SAFE_INTEGER
  return first(await settled(db, {}))?.seq ?? 0
}
