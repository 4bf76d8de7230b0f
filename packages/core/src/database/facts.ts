import { sql, type Kysely } from 'kysely'

import type { StorageSession } from '../ports/storage.ts'
import { hasTable, type History } from './history.ts'
import { copiedIdentity } from './instance.ts'
import { familyOf } from './open.ts'
import type { Database } from './tables.ts'

/** How a database is, for whoever looks after it. */
export interface DatabaseFacts {
  /** The migrations that it went through, oldest first. */
  readonly migrations: readonly string[]
  /** Why this version of Engine cannot use its tables as they are; null when it can. */
  readonly schemaProblem: string | null
  /** Its present life; null for a database from before there were any. */
  readonly epoch: number | null
  /** A copy made by `backup` that nobody opened yet: it begins a new epoch then. */
  readonly isUnopenedCopy: boolean
  /** How long the oldest open transaction on the server lasts, milliseconds: while one writes, later events are not shown. Null on SQLite. */
  readonly oldestTransactionMs: number | null
  /** How far the clock of the server is ahead of this machine's, milliseconds; null on SQLite. */
  readonly clockAheadMs: number | null
  /** What is committed but not yet moved into the main file, bytes; null on Postgres. */
  readonly walBytes: number | null
  /** Answers kept for repeated requests; they go after 24 hours. */
  readonly idempotencyRows: number
}

export async function readFacts(
  db: Kysely<Database>,
  given: { session: StorageSession; schema: string | undefined; history: History },
): Promise<DatabaseFacts> {
  const { session, schema, history } = given
  const has = (table: keyof Database) => hasTable(db, { schema, table })
  const instance = (await has('engine_identity')) ? await db.selectFrom('engine_identity').selectAll().executeTakeFirst() : undefined
  return {
    migrations: history.applied,
    schemaProblem: history.problem?.message ?? null,
    epoch: instance?.epoch ?? null,
    isUnopenedCopy: instance?.identity === copiedIdentity,
    oldestTransactionMs: familyOf(db) === 'postgres' ? await oldestTransactionMs(db) : null,
    clockAheadMs: familyOf(db) === 'postgres' ? await clockAheadMs(db) : null,
    walBytes: (await session.file?.walBytes()) ?? null,
    idempotencyRows: (await has('idempotency_records')) ? await countAnswers(db) : 0,
  }
}

/** Of everybody's transactions, also the prepared ones that nobody is connected to. */
async function oldestTransactionMs(db: Kysely<Database>): Promise<number> {
  const { rows } = await sql<{ ms: number }>`
    select coalesce(max(extract(epoch from clock_timestamp() - since)) * 1000, 0)::bigint as ms
    from (
      select xact_start as since from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'
      union all select prepared from pg_prepared_xacts
    ) as transactions`.execute(db)
  return rows[0]?.ms ?? 0
}

/** By the middle of the time that the answer took. */
async function clockAheadMs(db: Kysely<Database>): Promise<number> {
  const before = Date.now()
  const { rows } = await sql<{ at: number }>`select (extract(epoch from clock_timestamp()) * 1000)::bigint as at`.execute(db)
  return Math.round((rows[0]?.at ?? before) - (before + Date.now()) / 2)
}

async function countAnswers(db: Kysely<Database>): Promise<number> {
  const { count } = await db
    .selectFrom('idempotency_records')
    .select((e) => e.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}
