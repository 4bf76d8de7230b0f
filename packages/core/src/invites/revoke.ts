import { versionedChange } from '../database/versioned.ts'
import type { CommandContext } from '../kernel/command.ts'
import { roleReaches, type Role } from '../kernel/permissions.ts'
import type { MemberTable } from '../members/table.ts'
import { pendingInvitesBy } from './sql.ts'
import type { InviteTable } from './table.ts'

/** Writes changes to an invitation that was read in this transaction. */
export const changeInvite = versionedChange('invites', 'invite')

export async function revokeInvite(context: CommandContext, invite: InviteTable, reason: string): Promise<InviteTable> {
  const next = await changeInvite(context, invite, { status: 'revoked' })
  context.emit('invite.revoked', inviteRef(next), { role: next.role, reason })
  return next
}

/** What somebody may no longer give, their open invitations do not give either. @param given.above the role that they still have */
export async function revokeInvitesOf(context: CommandContext, member: MemberTable, given: { above: Role | null }): Promise<void> {
  const { above } = given
  for (const invite of await pendingInvitesBy(context.tx, { companyId: context.companyId, userId: member.user_id })) {
    // Below an admin nobody invites at all.
    const isStillTheirs = above !== null && roleReaches(above, 'admin') && roleReaches(above, invite.role)
    if (!isStillTheirs) await revokeInvite(context, invite, 'inviter_lost_the_right')
  }
}

export function inviteRef(invite: InviteTable) {
  return { type: 'invite' as const, id: invite.id, version: invite.version }
}
