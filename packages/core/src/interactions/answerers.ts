import type { Actor } from '../kernel/actor.ts'
import { roleIn } from '../kernel/authorize.ts'
import type { CommandContext } from '../kernel/command.ts'
import { EngineError, kernelErrors, ruleViolated } from '../kernel/errors.ts'
import { roleReaches, type Role } from '../kernel/permissions.ts'
import { findMemberByUser } from '../members/sql.ts'
import type { AskRequest } from '../ports/ask-contract.ts'
import type { InteractionTable } from './table.ts'

type Answerer = Pick<InteractionTable, 'answerer' | 'answerer_user_id'>

/** The least role that may answer; what one person is asked, admins may answer in their place. */
const leastRole: Readonly<Record<InteractionTable['answerer'], Role>> = {
  anyone: 'reviewer',
  operator: 'operator',
  admin: 'admin',
  person: 'admin',
}

/** For whom a person's role is enough, whoever they are. */
export function answerersFor(role: Role): InteractionTable['answerer'][] {
  return (['anyone', 'operator', 'admin', 'person'] as const).filter((answerer) => roleReaches(role, leastRole[answerer]))
}

/** Whether this actor is one who was asked, or may answer in their place. Agents never are. Pure. */
function mayAnswer({ actor, companyId }: { actor: Actor; companyId: string }, { answerer, answerer_user_id: userId }: Answerer): boolean {
  if (actor.kind === 'system') return true
  const role = actor.kind === 'user' ? roleIn(actor, companyId) : null
  return role !== null && (actor.id === userId || roleReaches(role, leastRole[answerer]))
}

/** @throws `forbidden` */
export function assertMayAnswer(context: CommandContext, row: Answerer): void {
  if (mayAnswer(context, row)) return
  const { answerer, answerer_user_id: userId } = row
  const who = userId === null ? `people with the role ${leastRole[answerer]} or above` : `the user ${userId}, or an admin in their place`
  throw new EngineError(kernelErrors.forbidden, `Somebody else was asked. Allowed: ${who}.`, {
    details: { answerer: userId ?? answerer },
  })
}

/** @throws `rule_violated` when the person who is asked could not answer */
export async function requireAnswerer({ tx, companyId }: CommandContext, wish: AskRequest['answerer']): Promise<Answerer> {
  const named = wish ?? 'anyone'
  if (named === 'anyone' || named === 'operator' || named === 'admin') return { answerer: named, answerer_user_id: null }
  const member = await findMemberByUser(tx, { companyId, userId: named })
  if (member?.status !== 'active') throw ruleViolated(`answerer: the user ${named} is no active member of this company.`, { userId: named })
  if (!roleReaches(member.role, leastRole.anyone))
    throw ruleViolated(
      `answerer: ${member.name} is a ${member.role} and answers nothing. Ask somebody who is ${leastRole.anyone} or above.`,
      {
        userId: named,
        role: member.role,
      },
    )
  return { answerer: 'person', answerer_user_id: member.user_id }
}
