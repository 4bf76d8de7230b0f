import { addAccount, enter } from '../accounts/change.ts'
import { makePassword } from '../accounts/check.ts'
import type { LoggedIn } from '../accounts/schema.ts'
import { findAccount, findMemberships } from '../accounts/sql.ts'
import type { CommandContext, PrepareContext } from '../kernel/command.ts'
import { ruleViolated, withoutCredential } from '../kernel/errors.ts'
import type { UserTable } from '../members/table.ts'
import { findInviteByToken } from './sql.ts'
import type { InviteTable } from './table.ts'

interface Wish {
  readonly token: string
  readonly name: string
  readonly password?: string | undefined
}

/** What is kept of the password that somebody chooses as they accept an invitation; null without one. */
export async function preparePassword(context: PrepareContext, { token, name, password }: Wish): Promise<string | null> {
  if (password === undefined) return null
  const invite = await findInviteByToken(context.db, token)
  if (invite?.status !== 'pending') throw withoutCredential('invitation')
  return makePassword(context, password, { name, email: invite.email })
}

/** Somebody who has an account accepts as themselves, so that no address that was claimed before them is taken for theirs. */
export async function assertThemselves(context: CommandContext, user: UserTable): Promise<void> {
  const isCaller = context.actor.kind === 'user' && context.actor.id === user.id
  if (isCaller || !(await findAccount(context.tx, user.id))) return
  throw ruleViolated('There is an account of this address. Log in, and accept the invitation as yourself.')
}

/**
 * Makes the account of somebody who chose a password, and logs them in. The password opens all that the person may do, so the
 * invitation must be to their address, and they must not be known elsewhere. @throws `rule_violated`
 */
export async function openAccount(
  context: CommandContext,
  user: UserTable,
  { invite, password }: { invite: InviteTable; password: string },
): Promise<LoggedIn> {
  if (invite.email === null) throw ruleViolated('This invitation is for whoever has it, and makes no account. Ask for one to your address.')
  if (await findAccount(context.tx, user.id)) throw ruleViolated('You have an account already; accept the invitation without a password.')
  const elsewhere = (await findMemberships(context.tx, user.id)).some(({ company_id: companyId }) => companyId !== invite.company_id)
  if (elsewhere)
    throw ruleViolated('You are a member of another company here. An owner of the installation can make a link for your password.')
  await addAccount(context, { userId: user.id, password, role: null })
  return enter(context, user.id)
}
