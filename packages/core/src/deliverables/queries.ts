import { z } from 'zod'

import { query } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { decodeCursor, pageInput, pageOf, toPage } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { ofPresentTask } from '../tasks/sql.ts'
import { Deliverable, DeliverableStatus } from './schema.ts'
import { toDeliverable } from './table.ts'
import { findDeliverable, findReview } from './sql.ts'

export const get = query({
  title: 'Show a deliverable with its review',
  input: z.strictObject({ deliverableId: Id }),
  output: Deliverable,
  access: { scope: 'deliverables:read', company: 'deliverable' },
  http: ['GET', '/deliverables/:deliverableId'],
  async handle(context, input) {
    const row = await findDeliverable(context.db, input.deliverableId)
    if (!row) throw notFound('deliverable', input.deliverableId)
    return toDeliverable(row, await findReview(context.db, { companyId: context.companyId, deliverableId: row.id }))
  },
})

export const list = query({
  title: 'List deliverables, oldest first; without their content',
  input: z.strictObject({ companyId: Id, status: DeliverableStatus.optional(), taskId: Id.optional(), ...pageInput }),
  output: pageOf(Deliverable.omit({ content: true, review: true })),
  access: { scope: 'deliverables:read', company: 'company' },
  http: ['GET', '/companies/:companyId/deliverables'],
  async handle(context, input) {
    let rows = context.db
      .selectFrom('deliverables')
      .selectAll()
      .where('company_id', '=', context.companyId)
      .where(ofPresentTask(context.db, 'deliverables'))
      .orderBy('id')
      .limit(input.limit + 1)
    if (input.status) rows = rows.where('status', '=', input.status)
    if (input.taskId) rows = rows.where('task_id', '=', input.taskId)
    if (input.cursor) rows = rows.where('id', '>', String(decodeCursor(input.cursor, ['id'])[0]))
    return toPage(await rows.execute(), input.limit, {
      item: (row) => {
        const { content: _content, review: _review, ...shown } = toDeliverable(row, null)
        return shown
      },
      key: (row) => [row.id],
    })
  },
})
