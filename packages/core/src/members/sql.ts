import type { Kysely, Transaction } from 'kysely'

import { rowById } from '../database/row-by-id.ts'
import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { Actor } from '../kernel/actor.ts'
import { locatedRows } from '../kernel/located.ts'
import { Id } from '../kernel/schema.ts'
import type { MemberTable, UserTable } from './table.ts'

export const findMember = rowById('members')

export const locatedMembers = locatedRows(findMember, (member) => ({ agentId: member.agent_id }))

const memberByUser = statement((db, given: { companyId: string; userId: string }) =>
  db.selectFrom('members').selectAll().where('company_id', '=', given.companyId).where('user_id', '=', given.userId),
)

/** A person's membership in this company, whatever its status. */
export async function findMemberByUser(db: Kysely<Database>, given: { companyId: string; userId: string }): Promise<MemberTable | null> {
  return first(await memberByUser(db, given))
}

/** The membership of whoever calls; null for the embedding code, for agents, and for people whom only the host knows. */
export async function findOwnMembership(
  db: Kysely<Database>,
  { actor, companyId }: { actor: Actor; companyId: string },
): Promise<MemberTable | null> {
  if (actor.kind !== 'user' || !Id.safeParse(actor.id).success) return null
  return findMemberByUser(db, { companyId, userId: actor.id })
}

const otherOwners = statement((db, given: { companyId: string; memberId: string }) =>
  db
    .selectFrom('members')
    .select('id')
    .where('company_id', '=', given.companyId)
    .where('id', '<>', given.memberId)
    .where('role', '=', 'owner')
    .where('status', '=', 'active')
    .limit(1),
)

/** Whether somebody else is an owner of this company, and can act as one. */
export async function hasOwnerBeside(db: Kysely<Database>, member: { companyId: string; memberId: string }): Promise<boolean> {
  return (await otherOwners(db, member)).length > 0
}

export async function insertMember(tx: Transaction<Database>, row: MemberTable): Promise<void> {
  await tx.insertInto('members').values(row).execute()
}

export const findUser = rowById('users')

const userForChange = statement((db, given: { id: string }) => db.selectFrom('users').select('id').where('id', '=', given.id).forUpdate())

/** Keeps a person from joining a company until the transaction ends. */
export async function lockUser(tx: Transaction<Database>, id: string): Promise<void> {
  await userForChange(tx, { id })
}

const userByEmail = statement((db, given: { email: string }) => db.selectFrom('users').selectAll().where('email', '=', given.email))

/** @param email in lower case, as all of them are kept */
export async function findUserByEmail(db: Kysely<Database>, email: string): Promise<UserTable | null> {
  return first(await userByEmail(db, { email }))
}

export async function insertUser(tx: Transaction<Database>, row: UserTable): Promise<void> {
  await tx.insertInto('users').values(row).execute()
}
