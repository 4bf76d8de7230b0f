import type { Kysely, Transaction } from 'kysely'

import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { changedMeanwhile } from '../kernel/change.ts'
import { keepBooks } from '../kernel/transaction.ts'
import type { MemberTable, UserTable } from '../members/table.ts'
import type { AccountLinkTable, AccountTable, LoginAttemptTable } from './table.ts'

const accountByEmail = statement((db, given: { email: string }) =>
  db
    .selectFrom('accounts')
    .innerJoin('users', 'users.id', 'accounts.user_id')
    .selectAll('accounts')
    .select(['users.name', 'users.email'])
    .where('users.email', '=', given.email),
)

export type KnownAccount = AccountTable & Pick<UserTable, 'name' | 'email'>

/** @param email in lower case, as all of them are kept */
export async function findAccountByEmail(db: Kysely<Database>, email: string): Promise<KnownAccount | null> {
  return first(await accountByEmail(db, { email }))
}

const accountOf = statement((db, given: { userId: string }) =>
  db
    .selectFrom('accounts')
    .innerJoin('users', 'users.id', 'accounts.user_id')
    .selectAll('accounts')
    .select(['users.name', 'users.email'])
    .where('accounts.user_id', '=', given.userId),
)

export async function findAccount(db: Kysely<Database>, userId: string): Promise<KnownAccount | null> {
  return first(await accountOf(db, { userId }))
}

/** The owners of the installation. */
function owners(db: Kysely<Database>) {
  return db.selectFrom('accounts').select('user_id').where('role', '=', 'owner')
}

export async function hasOwner(db: Kysely<Database>): Promise<boolean> {
  return (await owners(db).limit(1).execute()).length > 0
}

export async function findOwners(db: Kysely<Database>): Promise<string[]> {
  return (await owners(db).execute()).map((row) => row.user_id)
}

/** The same, kept as they are until the transaction ends, so that two of them do not both leave it to the other. */
export async function lockOwners(tx: Transaction<Database>): Promise<string[]> {
  return (await owners(tx).orderBy('user_id').forUpdate().execute()).map((row) => row.user_id)
}

/** An account ends together with all that opens it. @returns whether it was still at the version that was read */
export async function deleteAccount(tx: Transaction<Database>, account: AccountTable): Promise<boolean> {
  const { user_id: userId, version } = account
  const row = await tx
    .deleteFrom('accounts')
    .where('user_id', '=', userId)
    .where('version', '=', version)
    .returning('user_id')
    .executeTakeFirst()
  return row !== undefined
}

/** Forgets who somebody is. What they wrote goes on naming their id. */
export async function forgetPerson(tx: Transaction<Database>, given: { userId: string; name: string; now: string }): Promise<void> {
  const { userId, name, now } = given
  await tx
    .updateTable('users')
    .set((e) => ({ name, email: null, version: e('version', '+', 1), updated_at: now }))
    .where('id', '=', userId)
    .execute()
}

const membershipsOf = statement((db, given: { userId: string }) =>
  db.selectFrom('members').select(['id', 'company_id', 'role', 'status']).where('user_id', '=', given.userId).orderBy('company_id'),
)

export type Membership = Pick<MemberTable, 'id' | 'company_id' | 'role' | 'status'>

/** All of a person's memberships, with those that are over or rest. */
export async function findMemberships(db: Kysely<Database>, userId: string): Promise<Membership[]> {
  return membershipsOf(db, { userId })
}

export async function insertAccount(tx: Transaction<Database>, row: AccountTable): Promise<void> {
  await tx.insertInto('accounts').values(row).execute()
}

/** Changes an account that is still at the version that was read. @returns whether it was */
export async function updateAccount(tx: Transaction<Database>, account: AccountTable, changes: Partial<AccountTable>): Promise<boolean> {
  const row = await tx
    .updateTable('accounts')
    .set({ ...changes, version: account.version + 1 })
    .where('user_id', '=', account.user_id)
    .where('version', '=', account.version)
    .returning('user_id')
    .executeTakeFirst()
  return row !== undefined
}

/** Puts a link into the place of the one before of the same kind and person. @throws `changed_meanwhile` when another was made at this moment */
export async function replaceLink(tx: Transaction<Database>, row: AccountLinkTable): Promise<void> {
  let former = tx.deleteFrom('account_links').where('kind', '=', row.kind)
  if (row.user_id !== null) former = former.where('user_id', '=', row.user_id)
  await former.execute()
  const { numInsertedOrUpdatedRows: made = 0n } = await tx
    .insertInto('account_links')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow()
  if (made === 0n) throw changedMeanwhile('link', row.kind)
}

const linkByHash = statement((db, given: { hash: string }) =>
  db.selectFrom('account_links').selectAll().where('token_hash', '=', given.hash),
)

export async function findLink(db: Kysely<Database>, hash: string): Promise<AccountLinkTable | null> {
  return first(await linkByHash(db, { hash }))
}

/** Uses a link up. Of two who come with it at once, one is told that it was there. */
export async function takeLink(tx: Transaction<Database>, id: string): Promise<boolean> {
  return (await tx.deleteFrom('account_links').where('id', '=', id).returning('id').executeTakeFirst()) !== undefined
}

/** @returns whether there was one */
export async function forgetLinksOf(tx: Transaction<Database>, userId: string): Promise<boolean> {
  return (await tx.deleteFrom('account_links').where('user_id', '=', userId).returning('id').execute()).length > 0
}

/** The counters of these keys, ours until the transaction ends, in one order, so that nobody waits for each other. */
export async function lockAttempts(tx: Transaction<Database>, fresh: readonly LoginAttemptTable[]): Promise<LoginAttemptTable[]> {
  await tx
    .insertInto('login_attempts')
    .values([...fresh].toSorted((left, right) => (left.key < right.key ? -1 : 1)))
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute()
  const keys = fresh.map(({ key }) => key)
  return tx.selectFrom('login_attempts').selectAll().where('key', 'in', keys).orderBy('key').forUpdate().execute()
}

export async function writeAttempt(tx: Transaction<Database>, key: string, changes: Partial<LoginAttemptTable>): Promise<void> {
  await tx.updateTable('login_attempts').set(changes).where('key', '=', key).execute()
}

/** How many old ones are forgotten with each new try: more than come in, so that they do not pile up. */
const forgottenAtOnce = 20

export async function forgetAttempts(tx: Transaction<Database>, before: { tried: string; succeeded: string }): Promise<void> {
  const old = tx
    .selectFrom('login_attempts')
    .select('key')
    .where('last_at', '<', before.tried)
    .where((e) => e.or([e('succeeded_at', 'is', null), e('succeeded_at', '<', before.succeeded)]))
    .orderBy('last_at')
    .limit(forgottenAtOnce)
  await tx.deleteFrom('login_attempts').where('key', 'in', old).execute()
}

/** How many old entries are forgotten at once. */
const entriesAtOnce = 1_000

/** Forgets entries of the log of accounts from before a time. @returns whether there may be more */
export async function forgetEntries(db: Kysely<Database>, before: string): Promise<boolean> {
  const old = db.selectFrom('account_events').select('id').where('at', '<', before).orderBy('at').limit(entriesAtOnce)
  // Mostly there is nothing to forget, and nobody has to wait for a lock.
  const ids = (await old.execute()).map(({ id }) => id)
  if (ids.length === 0) return false
  await keepBooks(db, (tx) => tx.deleteFrom('account_events').where('id', 'in', ids).execute())
  return ids.length >= entriesAtOnce
}
