import type { CommandContext } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { assertTransition } from '../kernel/transition.ts'
import { revokeInvitesOf } from '../invites/revoke.ts'
import { revokeKey } from '../keys/issue.ts'
import { keysMadeBy, keysOfPerson } from '../keys/sql.ts'
import { assertMayChange, assertNotLastOwner } from './authority.ts'
import { dismissHuman } from './human.ts'
import { changeMember, memberRef } from './join.ts'
import { memberMachine } from './machine.ts'
import type { KeyLeft, Member, MemberStatus } from './schema.ts'
import { findMember, findUser } from './sql.ts'
import { toMember, type MemberTable } from './table.ts'

interface Move {
  readonly verb: 'disable' | 'enable' | 'remove'
  readonly to: MemberStatus
  /** What its event says besides. */
  readonly about?: { readonly keysLeft: KeyLeft[]; readonly reason?: 'account_deleted' }
  /** Whether the last owner may go, as from a company that nobody changes any more. */
  readonly mayBeLast?: boolean
}

/** Moves a member by a verb that the caller may use on them. @throws `rule_violated` for the last owner */
export async function moveMember(
  context: CommandContext,
  member: MemberTable,
  { verb, to, about, mayBeLast = false }: Move,
): Promise<MemberTable> {
  assertTransition(memberMachine, member.status, { to, verb })
  assertMayChange(context, member)
  if (to !== 'active' && !mayBeLast) await assertNotLastOwner(context, member)
  const next = await changeMember(context, member, { status: to })
  context.emit('member.status_changed', memberRef(next), { from: member.status, to, ...about })
  return next
}

export async function requireMember(context: CommandContext, memberId: string): Promise<MemberTable> {
  const member = await findMember(context.tx, memberId)
  if (!member) throw notFound('member', memberId)
  return member
}

export async function showMember(context: CommandContext, member: MemberTable): Promise<Member> {
  return toMember({ ...member, email: (await findUser(context.tx, member.user_id))?.email ?? null })
}

interface Leaving {
  /** Why, when it is not that somebody removed them. */
  readonly reason?: 'account_deleted'
  readonly mayBeLast?: boolean
}

/** Ends a membership: keys and invitations are revoked, tasks lose their assignee. @returns the keys of agents that go on working */
export async function endMembership(
  context: CommandContext,
  member: MemberTable,
  { reason, mayBeLast = false }: Leaving = {},
): Promise<{ member: MemberTable; keysLeft: KeyLeft[] }> {
  const { companyId } = context
  const made = await keysMadeBy(context.tx, { companyId, userId: member.user_id, exceptAgentId: member.agent_id })
  const keysLeft = made.map(({ id, agent_id: agentId, name, prefix }) => ({ id, agentId, name, prefix }))
  const about = { keysLeft, ...(reason && { reason }) }
  const next = await moveMember(context, member, { verb: 'remove', to: 'removed', about, mayBeLast })
  const keys = await keysOfPerson(context.tx, { companyId, memberId: member.id, agentId: member.agent_id })
  for (const key of keys) await revokeKey(context, key, 'member_removed')
  await revokeInvitesOf(context, next, { above: null })
  await dismissHuman(context, next)
  return { member: next, keysLeft }
}
