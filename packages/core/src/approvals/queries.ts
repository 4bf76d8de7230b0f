import { z } from 'zod'

import { pageById } from '../database/page.ts'
import { may } from '../kernel/authorize.ts'
import { query } from '../kernel/command.ts'
import { pageInput, pageOf } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { Approval, ApprovalStatus, ApprovalType } from './schema.ts'
import { locatedApprovals } from './sql.ts'
import { toApproval } from './table.ts'

export const get = query({
  title: 'Show an approval with what is asked for',
  input: z.strictObject({ approvalId: Id }),
  output: Approval,
  access: { scope: 'approvals:read', company: 'approval' },
  http: ['GET', '/approvals/:approvalId'],
  handle: async (context) => toApproval(locatedApprovals.of(context), { showsConfig: may(context, 'agents:manage') }),
})

export const list = query({
  title: 'List approvals, oldest first',
  input: z.strictObject({ companyId: Id, status: ApprovalStatus.optional(), type: ApprovalType.optional(), ...pageInput }),
  output: pageOf(Approval),
  access: { scope: 'approvals:read', company: 'company' },
  http: ['GET', '/companies/:companyId/approvals'],
  async handle(context, input) {
    let rows = context.db.selectFrom('approvals').selectAll().where('company_id', '=', context.companyId)
    if (input.status) rows = rows.where('status', '=', input.status)
    if (input.type) rows = rows.where('type', '=', input.type)
    const view = { showsConfig: may(context, 'agents:manage') }
    return pageById(rows, input, { item: (row) => toApproval(row, view) })
  },
})
