import { z } from 'zod'

import { pageById } from '../database/page.ts'
import { may } from '../kernel/authorize.ts'
import { query } from '../kernel/command.ts'
import { pageInput, pageOf } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { findOwnMembership } from '../members/sql.ts'
import { Key } from './schema.ts'
import { toKey } from './table.ts'

export const list = query({
  title: 'List keys, without their text',
  description: 'Admins see all keys of the company, others their own.',
  input: z.strictObject({ companyId: Id, agentId: Id.optional(), memberId: Id.optional(), ...pageInput }),
  output: pageOf(Key),
  access: { scope: 'keys:own', company: 'company' },
  http: ['GET', '/companies/:companyId/keys'],
  async handle(context, input) {
    let rows = context.db.selectFrom('keys').selectAll().where('company_id', '=', context.companyId)
    if (!may(context, 'keys:manage')) {
      const own = await findOwnMembership(context.db, context)
      if (!own) return { items: [], nextCursor: null }
      rows = rows.where('member_id', '=', own.id)
    }
    if (input.agentId) rows = rows.where('agent_id', '=', input.agentId)
    if (input.memberId) rows = rows.where('member_id', '=', input.memberId)
    return pageById(rows, input, { item: toKey })
  },
})
