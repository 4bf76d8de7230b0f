import { z } from 'zod'

import { eventActor } from '../kernel/actor.ts'
import { command } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { assertFuture } from '../kernel/future.ts'
import { Id, TimeInput } from '../kernel/schema.ts'
import { newSecret } from '../kernel/secret.ts'
import { assertTransition } from '../kernel/transition.ts'
import { assertMayGive } from '../members/authority.ts'
import { Email, Role } from '../members/schema.ts'
import { isoTime } from '../ports/clock.ts'
import { inviteMachine } from './machine.ts'
import { inviteRef, revokeInvite } from './revoke.ts'
import { Invite, NewInvite } from './schema.ts'
import { findInvite, insertInvite } from './sql.ts'
import { toInvite, type InviteTable } from './table.ts'

/** How long an invitation is open when nothing else is said, milliseconds. */
const openMs = 7 * 86_400_000

export const create = command({
  title: 'Invite somebody to a company',
  description: 'Whoever has the token may accept, once. With an address, only the person of that address.',
  input: z.strictObject({
    companyId: Id,
    role: Role,
    email: Email.optional(),
    expiresAt: TimeInput.optional().describe('Seven days from now when left out.'),
  }),
  output: NewInvite,
  access: { scope: 'members:manage', company: 'company' },
  http: ['POST', '/companies/:companyId/invites'],
  mcp: { leftOut: 'it answers with a key, which is not for a model to read' },
  creates: true,
  async handle(context, input) {
    assertMayGive(context, input.role)
    assertFuture(context, input.expiresAt)
    const { secret, hash } = newSecret('invite')
    const { kind, id } = eventActor(context.actor)
    const row: InviteTable = {
      id: context.newId(),
      company_id: context.companyId,
      email: input.email ?? null,
      role: input.role,
      status: 'pending',
      token_hash: hash,
      invited_by_kind: kind,
      invited_by_id: id,
      member_id: null,
      expires_at: input.expiresAt ?? isoTime(context.clock.now() + openMs),
      version: 1,
      created_at: context.now,
      updated_at: context.now,
    }
    await insertInvite(context.tx, row)
    context.emit('invite.created', inviteRef(row), { role: row.role, expiresAt: row.expires_at })
    return { ...toInvite(row, context.now), key: secret }
  },
})

export const revoke = command({
  title: 'Take an invitation back',
  input: z.strictObject({ inviteId: Id }),
  output: Invite,
  access: { scope: 'members:manage', company: 'invite' },
  http: ['POST', '/invites/:inviteId/revoke'],
  whenArchived: 'rights can be taken away at any time',
  async handle(context, input) {
    const invite = await findInvite(context.tx, input.inviteId)
    if (!invite) throw notFound('invite', input.inviteId)
    assertTransition(inviteMachine, invite.status, { to: 'revoked', verb: 'revoke' })
    return toInvite(await revokeInvite(context, invite, 'revoked'), context.now)
  },
})
