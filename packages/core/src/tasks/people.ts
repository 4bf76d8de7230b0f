import type { CommandContext } from '../kernel/command.ts'
import { ruleViolated } from '../kernel/errors.ts'
import { findMemberByUser } from '../members/sql.ts'
import type { MemberTable } from '../members/table.ts'

/** A person who can be given a task. @throws `rule_violated` */
export async function requireAssignablePerson({ tx, companyId }: CommandContext, userId: string): Promise<MemberTable> {
  const member = await findMemberByUser(tx, { companyId, userId })
  if (!member) throw ruleViolated(`assigneeUserId: the user ${userId} is no member of this company.`, { userId })
  if (member.status !== 'active')
    throw ruleViolated(`${member.name} is ${member.status} and takes no tasks.`, { userId, status: member.status })
  return member
}
