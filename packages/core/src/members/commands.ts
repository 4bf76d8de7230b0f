import { z } from 'zod'

import { endLinksOf } from '../accounts/links.ts'
import { assertVersion, changedFields, fieldNames } from '../kernel/change.ts'
import { command, type CommandContext } from '../kernel/command.ts'
import { ruleViolated } from '../kernel/errors.ts'
import { roleReaches } from '../kernel/permissions.ts'
import { Id, Name } from '../kernel/schema.ts'
import { revokeInvitesOf } from '../invites/revoke.ts'
import { assertMayChange, assertMayGive, assertNotLastOwner } from './authority.ts'
import { renameHuman, restHuman, wakeHuman } from './human.ts'
import { addUser, changeMember, joinCompany, memberRef } from './join.ts'
import { endMembership, moveMember, requireMember, showMember } from './leave.ts'
import { Email, Member, RemovedMember, Role, type MemberStatus } from './schema.ts'
import { findOwnMembership, findUserByEmail } from './sql.ts'
import { toMember, type MemberTable } from './table.ts'

export const add = command({
  title: 'Add a person to a company',
  description:
    'The person is found by their address, or new. An agent of their name stands for them where tasks are assigned; when the name is taken, it gets a number.',
  input: z.strictObject({ companyId: Id, name: Name, email: Email.optional(), role: Role }),
  output: Member,
  access: { scope: 'members:manage', company: 'company' },
  http: ['POST', '/companies/:companyId/members'],
  creates: true,
  async handle(context, { name, email, role }) {
    assertMayGive(context, role)
    const known = email === undefined ? null : await findUserByEmail(context.tx, email)
    const user = known ?? (await addUser(context, { name, email: email ?? null }))
    const member = await joinCompany(context, { user, name, role, inviteId: null, mayReturn: true })
    return toMember({ ...member, email: user.email })
  },
})

export const update = command({
  title: 'Change the name or the role of a member',
  description: 'The agent that stands for them follows the name.',
  input: z.strictObject({ memberId: Id, version: z.number().int().optional(), name: Name.optional(), role: Role.optional() }),
  output: Member,
  access: { scope: 'members:manage', company: 'member' },
  http: ['PATCH', '/members/:memberId'],
  async handle(context, { memberId, version, name, role }) {
    const member = await requireMember(context, memberId)
    assertVersion('member', member, version)
    if (member.status === 'removed') throw ruleViolated(`${member.name} was removed from this company; add them again to change them.`)
    assertMayChange(context, member)
    if (role !== undefined) assertMayGive(context, role)
    if (role !== undefined && role !== 'owner') await assertNotLastOwner(context, member)
    return changeProfile(context, member, { name, role })
  },
})

export const updateOwn = command({
  title: 'Change your own name in a company',
  input: z.strictObject({ companyId: Id, name: Name }),
  output: Member,
  access: { scope: 'members:own', company: 'company' },
  http: ['PATCH', '/companies/:companyId/members/own'],
  async handle(context, { name }) {
    const member = await findOwnMembership(context.tx, context)
    if (member?.status !== 'active') throw ruleViolated('You are no member of this company, so you have no name here.')
    return changeProfile(context, member, { name, role: undefined })
  },
})

async function changeProfile(
  context: CommandContext,
  member: MemberTable,
  fields: { name: string | undefined; role: MemberTable['role'] | undefined },
): Promise<Member> {
  const changes = changedFields(fields)
  const next = await changeMember(context, member, changes)
  context.emit('member.updated', memberRef(next), { changed: fieldNames(changes), role: next.role })
  if (next.name !== member.name) await renameHuman(context, next, next.name)
  if (next.role !== member.role) await followRole(context, member, next)
  return showMember(context, next)
}

async function followRole(context: CommandContext, member: MemberTable, next: MemberTable): Promise<void> {
  await revokeInvitesOf(context, next, { above: next.role })
  if (roleReaches(next.role, member.role)) await endLinksOf(context, next.user_id)
}

const takenAway = 'rights can be taken away at any time'

export const disable = statusCommand('disable', 'disabled', {
  title: 'Keep a member out for the time being: their keys stop working at once',
  whenArchived: takenAway,
  async follow(context, member) {
    await restHuman(context, member)
    await revokeInvitesOf(context, member, { above: null })
  },
})

export const enable = statusCommand('enable', 'active', {
  title: 'Let a disabled member in again',
  follow: wakeHuman,
})

export const remove = command({
  title: 'Remove a member: their keys are revoked, their open tasks lose their assignee',
  description: 'Keys that they made for agents go on working. The answer and the event name them, so that you can revoke them.',
  input: z.strictObject({ memberId: Id }),
  output: RemovedMember,
  access: { scope: 'members:manage', company: 'member' },
  http: ['POST', '/members/:memberId/remove'],
  whenArchived: takenAway,
  async handle(context, { memberId }) {
    const { member, keysLeft } = await endMembership(context, await requireMember(context, memberId))
    return { ...(await showMember(context, member)), keysLeft }
  },
})

interface StatusChange {
  readonly title: string
  readonly whenArchived?: string
  /** What else changes with the member. */
  follow(context: CommandContext, member: MemberTable): Promise<void>
}

function statusCommand<Verb extends 'disable' | 'enable'>(verb: Verb, to: MemberStatus, change: StatusChange) {
  const { title, whenArchived, follow } = change
  return command({
    title,
    input: z.strictObject({ memberId: Id }),
    output: Member,
    access: { scope: 'members:manage', company: 'member' },
    http: ['POST', `/members/:memberId/${verb}`],
    ...(whenArchived !== undefined && { whenArchived }),
    async handle(context, { memberId }) {
      const next = await moveMember(context, await requireMember(context, memberId), { verb, to })
      await follow(context, next)
      return showMember(context, next)
    },
  })
}
