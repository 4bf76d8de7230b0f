import { z } from 'zod'

import { may } from '../kernel/authorize.ts'
import { query } from '../kernel/command.ts'
import { decodeCursor, pageInput, pageOf, toPage } from '../kernel/page.ts'
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
    let rows = context.db
      .selectFrom('keys')
      .selectAll()
      .where('company_id', '=', context.companyId)
      .orderBy('id')
      .limit(input.limit + 1)
    if (!may(context, 'keys:manage')) {
      const own = await findOwnMembership(context.db, context)
      if (!own) return { items: [], nextCursor: null }
      rows = rows.where('member_id', '=', own.id)
    }
    if (input.agentId) rows = rows.where('agent_id', '=', input.agentId)
    if (input.memberId) rows = rows.where('member_id', '=', input.memberId)
    if (input.cursor) rows = rows.where('id', '>', String(decodeCursor(input.cursor, ['id'])[0]))
    return toPage(await rows.execute(), input.limit, { item: toKey, key: (row) => [row.id] })
  },
})
