import { sql, type Kysely, type Transaction } from 'kysely'

import { familyOf } from '../database/open.ts'
import type { Database } from '../database/tables.ts'
import type { Clock } from '../ports/clock.ts'
import { EngineError } from './errors.ts'

/** How often a transaction is run at most, when others keep coming in between. */
const mostTries = 6
const firstWaitMs = 2

export interface Unit {
  /** The company whose rows it changes; null when it founds one. */
  readonly companyId: string | null
  readonly locks: 'company' | 'rows'
}

/**
 * Runs work in one transaction, under the lock of its company. On Postgres it runs again when another transaction came in
 * between: the work must have no effect outside its transaction.
 */
export async function inTransaction<Result>(
  source: { db: Kysely<Database>; clock: Clock; random(): number },
  unit: Unit,
  work: (tx: Transaction<Database>) => Promise<Result>,
): Promise<Result> {
  const isShared = familyOf(source.db) === 'postgres'
  for (let tries = 1; ; tries += 1) {
    try {
      return await source.db.transaction().execute(async (tx) => {
        if (isShared && unit.companyId !== null) await lockCompany(tx, { companyId: unit.companyId, locks: unit.locks })
        return work(tx)
      })
    } catch (error) {
      if (!isShared || tries >= triesAgainst(error)) throw error
      await source.clock.sleep(source.random() * firstWaitMs * 2 ** tries)
    }
  }
}

/**
 * Commands that lock rows share their company with each other; one that locks the company waits for them and keeps
 * everybody else out. The lock ends with the transaction, so a pooler may stand between.
 */
async function lockCompany(tx: Transaction<Database>, unit: { companyId: string; locks: 'company' | 'rows' }): Promise<void> {
  const key = lockKey(unit.companyId)
  const lock = unit.locks === 'rows' ? sql`select pg_advisory_xact_lock_shared(${key})` : sql`select pg_advisory_xact_lock(${key})`
  await lock.execute(tx)
}

/** The random half of the company's UUIDv7 as a signed 64-bit number. */
function lockKey(companyId: string): string {
  return BigInt.asIntN(64, BigInt(`0x${companyId.replaceAll('-', '').slice(16)}`)).toString()
}

/** How often it is worth running a transaction that ended with this error. */
function triesAgainst(error: unknown): number {
  if (EngineError.isInstance(error)) return error.code === 'changed_meanwhile' ? mostTries : 1
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === serializationFailure || code === deadlock) return mostTries
  // Somebody added the same row a moment ago: with that row in view the command decides anew, or says that it exists.
  return code === uniqueViolation ? 2 : 1
}

const serializationFailure = '40001'
const deadlock = '40P01'
const uniqueViolation = '23505'
