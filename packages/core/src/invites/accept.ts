import { z } from 'zod'

import { PasswordInput } from '../accounts/schema.ts'
import { command, type CommandContext } from '../kernel/command.ts'
import { ruleViolated, withoutCredential } from '../kernel/errors.ts'
import { Id, Name } from '../kernel/schema.ts'
import { assertTransition } from '../kernel/transition.ts'
import { issueKey } from '../keys/issue.ts'
import { addUser, joinCompany } from '../members/join.ts'
import { Email } from '../members/schema.ts'
import { findUser, findUserByEmail } from '../members/sql.ts'
import { toMember, type UserTable } from '../members/table.ts'
import { assertThemselves, openAccount, preparePassword } from './account.ts'
import { inviteMachine } from './machine.ts'
import { changeInvite, inviteRef } from './revoke.ts'
import { Accepted } from './schema.ts'
import { findInviteByToken } from './sql.ts'
import type { InviteTable } from './table.ts'

const AcceptInput = z.strictObject({
  token: z.string().min(1).max(200).describe('What `invites.create` gave as `key`.'),
  name: Name,
  email: Email.optional(),
  password: PasswordInput.optional().describe('To log in with from now on; only for an invitation to an address.'),
})
type AcceptInput = z.output<typeof AcceptInput>

export const accept = command({
  title: 'Accept an invitation',
  description: 'The token is the credential; no other is needed. Whoever calls with a key of their own joins as the same person.',
  input: AcceptInput,
  output: Accepted,
  access: { scope: 'invites:accept', company: 'invitation', carriesCredential: true },
  http: ['POST', '/invites/accept'],
  session: 'begins',
  creates: true,
  prepare: preparePassword,
  async handle(context, input, password) {
    const invite = await findInviteByToken(context.tx, input.token)
    if (invite?.company_id !== context.companyId) throw withoutCredential('invitation')
    assertTransition(inviteMachine, invite.status, { to: 'accepted', verb: 'accept' })
    if (invite.expires_at <= context.now) throw ruleViolated(`This invitation ended at ${invite.expires_at}. Ask for a new one.`)
    const user = await personOf(context, { invite, input })
    await assertThemselves(context, user)
    const member = await joinCompany(context, {
      user,
      name: input.name,
      role: invite.role,
      inviteId: invite.id,
      mayReturn: invite.email !== null,
    })
    const { key } = await issueKey(context, { kind: 'user', memberId: member.id }, { name: 'From the invitation' })
    const accepted = await changeInvite(context, invite, { status: 'accepted', member_id: member.id })
    context.emit('invite.accepted', inviteRef(accepted), { role: invite.role, memberId: member.id })
    const entered = password === null ? null : await openAccount(context, user, { invite, password })
    return { member: toMember({ ...member, email: user.email }), key, ...(entered && { credential: entered.credential }) }
  },
})

/** Somebody who is known here already, by their own key or by their address; otherwise a new person. */
async function personOf(context: CommandContext, { invite, input }: { invite: InviteTable; input: AcceptInput }): Promise<UserTable> {
  const { actor } = context
  const caller = actor.kind === 'user' && Id.safeParse(actor.id).success ? await findUser(context.tx, actor.id) : null
  const email = agreedEmail(invite, { given: input.email, callers: caller?.email ?? null })
  if (caller) return caller
  const known = email === null ? null : await findUserByEmail(context.tx, email)
  return known ?? addUser(context, { name: input.name, email })
}

/** An invitation for one address is accepted by nobody else. */
function agreedEmail(invite: InviteTable, { given, callers }: { given: string | undefined; callers: string | null }): string | null {
  const claimed = [given, callers].filter((email) => email !== undefined && email !== null)
  const expected = invite.email ?? claimed[0] ?? null
  if (claimed.every((email) => email === expected)) return expected
  throw ruleViolated('This invitation is for another email address. Ask for one to yours.')
}
