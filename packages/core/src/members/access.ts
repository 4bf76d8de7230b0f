import { z } from 'zod'

import { makeLink } from '../accounts/links.ts'
import { PasswordLink } from '../accounts/schema.ts'
import { findAccount, findMemberships } from '../accounts/sql.ts'
import { command, type CommandContext } from '../kernel/command.ts'
import { notFound, ruleViolated } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'
import { endSessions } from '../sessions/life.ts'
import { assertMayChange } from './authority.ts'
import { memberRef } from './join.ts'
import { findMember, findUser, lockUser } from './sql.ts'
import type { MemberTable } from './table.ts'

export const revokeSessions = command({
  title: 'End all sessions of a member: they have to log in again',
  description: 'Everywhere, since a session is of a person and not of a company. To keep somebody out, disable them.',
  input: z.strictObject({ memberId: Id }),
  output: z.object({ ended: z.number().int() }),
  access: { scope: 'members:manage', company: 'member' },
  http: ['POST', '/members/:memberId/revoke-sessions'],
  whenArchived: 'rights can be taken away at any time',
  async handle(context, { memberId }) {
    const member = await requireSubordinate(context, memberId)
    const ended = await endSessions(context, member.user_id, { reason: 'revoked_by_admin', which: () => true })
    context.emit('member.sessions_revoked', memberRef(member), { ended })
    return { ended }
  },
})

export const createPasswordLink = command({
  title: 'Make a link by which a member sets their password, once',
  description:
    'Give it to the person yourself. Only for people of this company alone: who is a member elsewhere too is helped by an owner of the installation.',
  input: z.strictObject({ memberId: Id }),
  output: PasswordLink,
  access: { scope: 'members:manage', company: 'member' },
  http: ['POST', '/members/:memberId/password-link'],
  mcp: { leftOut: 'it answers with a key, which is not for a model to read' },
  creates: true,
  async handle(context, { memberId }) {
    const member = await requireSubordinate(context, memberId)
    const user = await findUser(context.tx, member.user_id)
    if (member.status !== 'active') throw ruleViolated(`${member.name} is not active here, so there is nothing to log in to.`)
    if (!user?.email) throw ruleViolated(`${member.name} has no email address, and nobody logs in without one.`)
    // Whoever joins a company refers to this row: what they are elsewhere is read once nobody is about to.
    await lockUser(context.tx, member.user_id)
    await assertOfThisCompanyAlone(context, member)
    const link = await makeLink(context, { kind: 'password', user_id: member.user_id })
    context.emit('member.password_link_created', memberRef(member), { expiresAt: link.expiresAt })
    return link
  },
})

/** A password opens whatever its person may do anywhere, so an admin of one company must not set that of somebody in another. */
async function assertOfThisCompanyAlone(context: CommandContext, member: MemberTable): Promise<void> {
  const { actor, companyId, tx } = context
  if (actor.kind === 'system' || (actor.kind === 'user' && actor.roles['*'] === 'owner')) return
  const isOwner = (await findAccount(tx, member.user_id))?.role === 'owner'
  const elsewhere = (await findMemberships(tx, member.user_id)).some((membership) => membership.company_id !== companyId)
  if (!isOwner && !elsewhere) return
  throw ruleViolated(`${member.name} has rights beyond this company. An owner of the installation can make this link.`)
}

async function requireSubordinate(context: CommandContext, memberId: string): Promise<MemberTable> {
  const member = await findMember(context.tx, memberId)
  if (!member) throw notFound('member', memberId)
  assertMayChange(context, member)
  return member
}
