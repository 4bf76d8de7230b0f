import type { Kysely, Transaction } from 'kysely'

import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { keepBooks } from '../kernel/transaction.ts'
import type { SessionTable } from './table.ts'

/** Sessions with what decides what their people may do: one row a membership, or one without any. */
function holders(db: Kysely<Database>) {
  return db
    .selectFrom('sessions')
    .innerJoin('accounts', 'accounts.user_id', 'sessions.user_id')
    .leftJoin('members', (join) => join.onRef('members.user_id', '=', 'sessions.user_id').on('members.status', '=', 'active'))
    .select([
      'sessions.id',
      'sessions.user_id',
      'sessions.token_hash',
      'sessions.last_used_at',
      'sessions.expires_at',
      'accounts.role as installation_role',
      'members.company_id',
      'members.role',
    ])
}

const holdersOfToken = statement((db, given: { hash: string }) => holders(db).where('sessions.token_hash', '=', given.hash))

export type SessionHolder = Awaited<ReturnType<typeof holdersOfToken>>[number]

export async function findSessionHolder(db: Kysely<Database>, hash: string): Promise<SessionHolder[]> {
  return holdersOfToken(db, { hash })
}

export async function findSessionHolders(db: Kysely<Database>, hashes: readonly string[]): Promise<SessionHolder[]> {
  return holders(db).where('sessions.token_hash', 'in', hashes).execute()
}

const touch = statement((db, given: { id: string; now: string; since: string }) =>
  db.updateTable('sessions').set({ last_used_at: given.now }).where('id', '=', given.id).where('last_used_at', '<=', given.since),
)

/** Notes that a session is in use; of many calls in the same moment one writes. */
export async function noteSessionUse(db: Kysely<Database>, given: { id: string; now: string; since: string }): Promise<void> {
  await keepBooks(db, (tx) => touch(tx, given))
}

export async function insertSession(tx: Transaction<Database>, row: SessionTable): Promise<void> {
  await tx.insertInto('sessions').values(row).execute()
}

export async function sessionsOf(db: Kysely<Database>, userId: string): Promise<SessionTable[]> {
  return db.selectFrom('sessions').selectAll().where('user_id', '=', userId).orderBy('id').execute()
}

/** Ends sessions of a person. @returns those that it ended */
export async function deleteSessions(tx: Transaction<Database>, given: { userId: string; ids: readonly string[] }): Promise<string[]> {
  if (given.ids.length === 0) return []
  const rows = await tx.deleteFrom('sessions').where('user_id', '=', given.userId).where('id', 'in', given.ids).returning('id').execute()
  return rows.map(({ id }) => id)
}
