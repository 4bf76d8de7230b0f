import { z } from 'zod'

import { pageById } from '../database/page.ts'
import { query } from '../kernel/command.ts'
import { pageInput, pageOf } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { Label } from './schema.ts'
import { locatedLabels } from './sql.ts'
import { toLabel } from './table.ts'

export const get = query({
  title: 'Show a label',
  input: z.strictObject({ labelId: Id }),
  output: Label,
  access: { scope: 'projects:read', company: 'label' },
  http: ['GET', '/labels/:labelId'],
  handle: async (context) => toLabel(locatedLabels.of(context)),
})

export const list = query({
  title: 'List labels',
  input: z.strictObject({ companyId: Id, ...pageInput }),
  output: pageOf(Label),
  access: { scope: 'projects:read', company: 'company' },
  http: ['GET', '/companies/:companyId/labels'],
  async handle(context, input) {
    const rows = context.db.selectFrom('labels').selectAll().where('company_id', '=', context.companyId)
    return pageById(rows, input, { item: toLabel })
  },
})
