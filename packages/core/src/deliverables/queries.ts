import { z } from 'zod'

import { pageById } from '../database/page.ts'
import { query } from '../kernel/command.ts'
import { Download } from '../kernel/content.ts'
import { notFound, ruleViolated } from '../kernel/errors.ts'
import { pageInput, pageOf } from '../kernel/page.ts'
import { Id, wholeNumber } from '../kernel/schema.ts'
import { ofPresentTask, filteredTaskId } from '../tasks/sql.ts'
import { TaskFilter } from '../tasks/schema.ts'
import { compare } from './compare.ts'
import { openFile } from './files.ts'
import { Deliverable, DeliverableComparison, DeliverableStatus } from './schema.ts'
import { toDeliverable } from './table.ts'
import { findReview, findVersion, locatedDeliverables, reviewsOf, shownColumns } from './sql.ts'

export const get = query({
  title: 'Show a deliverable with its review',
  input: z.strictObject({ deliverableId: Id }),
  output: Deliverable,
  access: { scope: 'deliverables:read', company: 'deliverable' },
  http: ['GET', '/deliverables/:deliverableId'],
  async handle(context) {
    const row = locatedDeliverables.of(context)
    return toDeliverable(row, await findReview(context.db, { companyId: context.companyId, deliverableId: row.id }))
  },
})

export const list = query({
  title: 'List deliverables, oldest first, with their reviews and without their content',
  input: z.strictObject({ companyId: Id, status: DeliverableStatus.optional(), taskId: TaskFilter.optional(), ...pageInput }),
  output: pageOf(Deliverable.omit({ content: true })),
  access: { scope: 'deliverables:read', company: 'company' },
  http: ['GET', '/companies/:companyId/deliverables'],
  async handle(context, input) {
    let rows = context.db
      .selectFrom('deliverables')
      .select(shownColumns)
      .where('company_id', '=', context.companyId)
      .where(ofPresentTask(context.db, 'deliverables'))
    if (input.status) rows = rows.where('status', '=', input.status)
    const taskId = await filteredTaskId(context.db, context.companyId, input.taskId)
    if (taskId) rows = rows.where('task_id', '=', taskId)
    const page = await pageById(rows, input, { item: (row) => row })
    const reviews = await reviewsOf(context.db, { companyId: context.companyId, ids: page.items.map(({ id }) => id) })
    const items = page.items.map((row) => {
      const { content: _content, ...shown } = toDeliverable({ ...row, content: '' }, reviews.get(row.id) ?? null)
      return shown
    })
    return { ...page, items }
  },
})

export const diff = query({
  title: 'Compare a version of a deliverable with another',
  description: 'As a unified diff of their contents, line by line, and which files are others. Without `against`, with the version before.',
  input: z.strictObject({
    deliverableId: Id,
    against: wholeNumber(1).optional().describe('The number of the other version.'),
  }),
  output: DeliverableComparison,
  access: { scope: 'deliverables:read', company: 'deliverable' },
  http: ['GET', '/deliverables/:deliverableId/diff'],
  async handle(context, { against }) {
    const row = locatedDeliverables.of(context)
    const number = against ?? row.number - 1
    const other = await findVersion(context.db, { companyId: context.companyId, taskId: row.task_id, number })
    if (!other)
      throw ruleViolated(
        number === 0 ? 'This is the first version; there is none before it.' : `There is no version ${number} of this task.`,
        {
          number: row.number,
        },
      )
    return compare(other, row)
  },
})

export const file = query({
  title: 'Download a file of a deliverable',
  description: 'As it was when the version was submitted. Always as a file to be saved, never as a page to be shown.',
  input: z.strictObject({ deliverableId: Id, attachmentId: Id }),
  output: Download,
  access: { scope: 'deliverables:read', company: 'deliverable' },
  http: ['GET', '/deliverables/:deliverableId/files/:attachmentId'],
  givesContent: true,
  async handle(context, { attachmentId }) {
    const found = toDeliverable(locatedDeliverables.of(context), null).files.find((one) => one.attachmentId === attachmentId)
    if (!found) throw notFound('file', attachmentId)
    const { name, contentType, byteSize, sha256 } = found
    return { name, contentType, byteSize, sha256, content: await openFile(context.blobs, found) }
  },
})
