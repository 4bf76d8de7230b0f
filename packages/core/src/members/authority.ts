import { roleIn } from '../kernel/authorize.ts'
import type { CommandContext } from '../kernel/command.ts'
import { EngineError, kernelErrors, ruleViolated } from '../kernel/errors.ts'
import { roleReaches, type Role } from '../kernel/permissions.ts'
import { hasOwnerBeside } from './sql.ts'
import type { MemberTable } from './table.ts'

/** Nobody gives a role that is above their own. @throws `forbidden` */
export function assertMayGive(context: CommandContext, role: Role): void {
  const own = actingRole(context)
  if (roleReaches(own, role)) return
  throw beyond(`You act here as ${own} and can not give the role ${role}. Ask somebody who has it.`, { yourRole: own, role })
}

/** Nobody changes a member whose role is above their own. @throws `forbidden` */
export function assertMayChange(context: CommandContext, member: MemberTable): void {
  const own = actingRole(context)
  if (roleReaches(own, member.role)) return
  throw beyond(`You act here as ${own} and can not change ${member.name}, who is ${member.role}. Ask somebody of that role.`, {
    yourRole: own,
    role: member.role,
  })
}

function beyond(message: string, details: { yourRole: Role; role: Role }): EngineError {
  return new EngineError(kernelErrors.forbidden, message, { details })
}

/** The embedding code stands above all people. */
function actingRole({ actor, companyId }: CommandContext): Role {
  if (actor.kind === 'system') return 'owner'
  return (actor.kind === 'user' && roleIn(actor, companyId)) || 'viewer'
}

/** A company that has owners keeps one who can act. @throws `rule_violated` */
export async function assertNotLastOwner(context: CommandContext, member: MemberTable): Promise<void> {
  if (member.role !== 'owner' || member.status !== 'active') return
  if (await hasOwnerBeside(context.tx, { companyId: member.company_id, memberId: member.id })) return
  throw ruleViolated(`${member.name} is the last active owner of this company. Make somebody else an owner first.`, {
    memberId: member.id,
  })
}
