import { z } from 'zod'

import { pageById } from '../database/page.ts'
import { query } from '../kernel/command.ts'
import { pageInput, pageOf } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { Invite, InviteStatus } from './schema.ts'
import { locatedInvites } from './sql.ts'
import { toInvite } from './table.ts'

export const get = query({
  title: 'Show an invitation, without its token',
  input: z.strictObject({ inviteId: Id }),
  output: Invite,
  access: { scope: 'members:manage', company: 'invite' },
  http: ['GET', '/invites/:inviteId'],
  handle: async (context) => toInvite(locatedInvites.of(context), context.now),
})

export const list = query({
  title: 'List invitations, without their tokens',
  input: z.strictObject({ companyId: Id, status: InviteStatus.optional(), ...pageInput }),
  output: pageOf(Invite),
  access: { scope: 'members:manage', company: 'company' },
  http: ['GET', '/companies/:companyId/invites'],
  async handle(context, { limit, cursor, status }) {
    const { companyId, now, db } = context
    let rows = db.selectFrom('invites').selectAll().where('company_id', '=', companyId)
    if (status) rows = rows.where('status', '=', status === 'expired' ? 'pending' : status)
    if (status === 'expired') rows = rows.where('expires_at', '<=', now)
    if (status === 'pending') rows = rows.where('expires_at', '>', now)
    return pageById(rows, { limit, cursor }, { item: (row) => toInvite(row, now) })
  },
})
