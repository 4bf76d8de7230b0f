import { sql, type Kysely, type Transaction } from 'kysely'

import { familyOf } from '../database/open.ts'
import { directly } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { Clock } from '../ports/clock.ts'
import type { CompanyLock, CompanyTurns } from './company-turns.ts'
import { EngineError } from './errors.ts'
import { codeOf } from './failure.ts'

/** How often a transaction is run at most, when others keep coming in between. */
const mostTries = 6
const firstWaitMs = 2

export interface Unit {
  /** The company whose rows it changes; null when it founds one. */
  readonly companyId: string | null
  readonly locks: CompanyLock
}

interface Source {
  readonly db: Kysely<Database>
  readonly clock: Clock
  readonly turns: CompanyTurns
  random(): number
}

/**
 * Runs work in one transaction, under the lock of its company. On Postgres it runs again when another transaction came in
 * between: the work must have no effect outside its transaction.
 */
export async function inTransaction<Result>(
  source: Source,
  unit: Unit,
  work: (tx: Transaction<Database>, takeCompany: TakeCompany) => Promise<Result>,
): Promise<Result> {
  try {
    return await inOneTransaction(source, unit, work)
  } catch (error) {
    if (!(error instanceof CompanyNeeded)) throw error
    return inOneTransaction(source, { ...unit, locks: 'company' }, work)
  }
}

/** What a transaction throws that shares its company and finds that it must not: it runs again and has it alone. */
class CompanyNeeded extends Error {}

/** Makes sure that nobody else works in the company until the transaction ends. */
export type TakeCompany = () => Promise<void>

async function inOneTransaction<Result>(
  source: Source,
  unit: Unit,
  work: (tx: Transaction<Database>, takeCompany: TakeCompany) => Promise<Result>,
): Promise<Result> {
  const { db } = source
  const isShared = familyOf(db) === 'postgres'
  const locked = async (tx: Transaction<Database>) => {
    if (isShared) await lockCompany(tx, { ...unit, opens: !isTransaction(db) })
    return work(tx, async () => {
      if (!isShared || unit.locks === 'company') return
      // What the host did before in its transaction can not be run again.
      if (!isTransaction(db)) throw new CompanyNeeded()
      await lockCompany(tx, { ...unit, locks: 'company', opens: false })
    })
  }
  // The host's transaction was joined, and there is a savepoint around the whole operation already.
  if (isTransaction(db)) return locked(db)
  if (!isShared) return db.transaction().execute((tx) => directly(tx, () => locked(tx)))
  const end = await source.turns.take(unit.companyId ?? founding, unit.locks)
  try {
    return await repeatedly(source, triesAgainst, () => db.transaction().execute(locked))
  } finally {
    end()
  }
}

/**
 * Runs a whole operation in a savepoint of the host's transaction, again when another transaction came in between. Not
 * after a deadlock: the locks that it is about may be the host's, and only a rollback gives those back.
 */
export async function inSavepoint<Result>(
  source: Omit<Source, 'turns'>,
  work: (tx: Transaction<Database>) => Promise<Result>,
): Promise<Result> {
  return repeatedly(source, triesInSavepoint, () => source.db.transaction().execute(work))
}

/** A write beside all commands, for books that no event tells of: what is only noted, or forgotten. */
export async function keepBooks<Result>(db: Kysely<Database>, work: (tx: Transaction<Database>) => Promise<Result>): Promise<Result> {
  return db.transaction().execute(work)
}

function isTransaction(db: Kysely<Database>): db is Transaction<Database> {
  return db.isTransaction
}

async function repeatedly<Result>(
  source: Omit<Source, 'turns'>,
  mostTriesAgainst: (error: unknown) => number,
  attempt: () => Promise<Result>,
): Promise<Result> {
  const isShared = familyOf(source.db) === 'postgres'
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (!isShared || tries >= mostTriesAgainst(error)) throw error
      await source.clock.sleep(source.random() * firstWaitMs * 2 ** tries)
    }
  }
}

/**
 * Commands that lock rows share their company with each other; one that locks the company waits for them and keeps
 * everybody else out. The lock ends with the transaction, so a pooler may stand between.
 */
async function lockCompany(tx: Transaction<Database>, unit: Unit & { readonly opens: boolean }): Promise<void> {
  const value = unit.companyId === null ? foundingKey : lockKey(unit.companyId)
  // A statement without values can go to the server together with the beginning of its transaction.
  const key = unit.opens ? sql.lit(value) : value
  const lock = unit.locks === 'rows' ? sql`select pg_advisory_xact_lock_shared(${key})` : sql`select pg_advisory_xact_lock(${key})`
  await lock.execute(tx)
}

/** Those who found a company take turns too: two of one name would want the same prefix. */
const founding = 'founding'
const foundingKey = '5641902583729'

/** The random half of the company's UUIDv7 as a signed 64-bit number. */
function lockKey(companyId: string): string {
  return BigInt.asIntN(64, BigInt(`0x${companyId.replaceAll('-', '').slice(16)}`)).toString()
}

/** Whether a transaction that ended with this error may succeed when it is run again. */
export function isWorthAnother(error: unknown): boolean {
  return triesAgainst(error) > 1
}

/** How often it is worth running a transaction that ended with this error. */
function triesAgainst(error: unknown): number {
  if (EngineError.isInstance(error)) return error.code === 'changed_meanwhile' ? mostTries : 1
  const code = codeOf(error)
  if (code === serializationFailure || code === deadlock || code === changedTable) return mostTries
  // Somebody added the same row a moment ago: with that row in view the command decides anew, or says that it exists.
  return code === uniqueViolation ? 2 : 1
}

/** An operation has explained its errors; `already_exists` may be about a row that somebody added a moment ago. */
function triesInSavepoint(error: unknown): number {
  if (!EngineError.isInstance(error)) return 1
  return triesAgainst(error.code === 'already_exists' ? error.cause : error)
}

/** A prepared statement of a table that a newer process has changed; prepared anew it is right again. */
const changedTable = '0A000'
const serializationFailure = '40001'
const deadlock = '40P01'
const uniqueViolation = '23505'
