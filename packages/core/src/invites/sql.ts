import type { Kysely, Transaction } from 'kysely'

import { rowById } from '../database/row-by-id.ts'
import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { locatedRows } from '../kernel/located.ts'
import type { Location } from '../kernel/locate.ts'
import { hashSecret, isSecret } from '../kernel/secret.ts'
import type { InviteTable } from './table.ts'

export const findInvite = rowById('invites')

export const locatedInvites = locatedRows(findInvite)

const inviteByToken = statement((db, given: { hash: string }) => db.selectFrom('invites').selectAll().where('token_hash', '=', given.hash))

/** The invitation of a token, whatever its status. */
export async function findInviteByToken(db: Kysely<Database>, token: string): Promise<InviteTable | null> {
  return isSecret('invite', token) ? first(await inviteByToken(db, { hash: hashSecret(token) })) : null
}

/** Finds an invitation for who has its token, by which it is named further on. */
export async function locateInvitation(db: Kysely<Database>, token: string): Promise<Location | null> {
  const invite = await findInviteByToken(db, token)
  return invite && { id: token, companyId: invite.company_id, taskId: null, agentId: null }
}

export async function insertInvite(tx: Transaction<Database>, row: InviteTable): Promise<void> {
  await tx.insertInto('invites').values(row).execute()
}

/** The invitations of a person that nobody has accepted yet. */
export async function pendingInvitesBy(tx: Transaction<Database>, given: { companyId: string; userId: string }): Promise<InviteTable[]> {
  return tx
    .selectFrom('invites')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('status', '=', 'pending')
    .where('invited_by_kind', '=', 'user')
    .where('invited_by_id', '=', given.userId)
    .orderBy('id')
    .execute()
}
