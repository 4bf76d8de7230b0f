import { endLinksOf } from '../accounts/links.ts'
import { versionedChange } from '../database/versioned.ts'
import type { CommandContext } from '../kernel/command.ts'
import { EngineError, kernelErrors } from '../kernel/errors.ts'
import type { Role } from '../kernel/permissions.ts'
import { hireHuman } from './human.ts'
import { findMemberByUser, insertMember, insertUser } from './sql.ts'
import type { MemberTable, UserTable } from './table.ts'

interface Joining {
  readonly user: UserTable
  readonly name: string
  readonly role: Role
  readonly inviteId: string | null
  /** Whether somebody who was removed comes back as who they were. */
  readonly mayReturn: boolean
}

/** Makes a person a member of the company, with an agent that stands for them. @throws `already_exists` for a member */
export async function joinCompany(context: CommandContext, joining: Joining): Promise<MemberTable> {
  const { user, name, role, inviteId } = joining
  const former = await findMemberByUser(context.tx, { companyId: context.companyId, userId: user.id })
  if (former) refuseReturn(former, joining)
  const agentId = await hireHuman(context, name)
  const member = former
    ? await changeMember(context, former, { agent_id: agentId, name, role, status: 'active' })
    : await addMember(context, { userId: user.id, agentId, name, role })
  await endLinksOf(context, user.id)
  context.emit('member.added', memberRef(member), { userId: user.id, agentId, name, role, inviteId })
  return member
}

function refuseReturn(former: MemberTable, { mayReturn }: Joining): void {
  const isRemoved = former.status === 'removed'
  if (isRemoved && mayReturn) return
  const advice =
    former.status === 'disabled'
      ? 'They are disabled: enable them.'
      : isRemoved
        ? 'They were removed: add them again, or invite them by their address.'
        : 'Change that membership.'
  throw new EngineError(kernelErrors.already_exists, `This person has a membership in this company already. ${advice}`, {
    details: { status: former.status },
  })
}

async function addMember(
  context: CommandContext,
  given: { userId: string; agentId: string; name: string; role: Role },
): Promise<MemberTable> {
  const row: MemberTable = {
    id: context.newId(),
    company_id: context.companyId,
    user_id: given.userId,
    agent_id: given.agentId,
    name: given.name,
    role: given.role,
    status: 'active',
    version: 1,
    created_at: context.now,
    updated_at: context.now,
  }
  await insertMember(context.tx, row)
  return row
}

export async function addUser(context: CommandContext, given: { name: string; email: string | null }): Promise<UserTable> {
  const row: UserTable = { id: context.newId(), ...given, version: 1, created_at: context.now, updated_at: context.now }
  await insertUser(context.tx, row)
  return row
}

/** Writes changes to a member who was read in this transaction. */
export const changeMember = versionedChange('members', 'member')

export function memberRef(member: MemberTable) {
  return { type: 'member' as const, id: member.id, version: member.version }
}
