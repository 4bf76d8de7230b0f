import { z } from 'zod'

import { pageById } from '../database/page.ts'
import { visibleCompanies } from '../kernel/authorize.ts'
import { query } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { pageInput, pageOf } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { Company } from './schema.ts'
import { toCompany } from './table.ts'
import { findCompany } from './sql.ts'

export const get = query({
  title: 'Show a company',
  input: z.strictObject({ companyId: Id }),
  output: Company,
  access: { scope: 'companies:read', company: 'company' },
  http: ['GET', '/companies/:companyId'],
  async handle(context) {
    const company = await findCompany(context.db, context.companyId)
    if (!company) throw notFound('company', context.companyId)
    return toCompany(company)
  },
})

export const list = query({
  title: 'List the companies that you can see',
  input: z.strictObject(pageInput),
  output: pageOf(Company),
  access: { scope: 'companies:read', company: 'visible' },
  http: ['GET', '/companies'],
  async handle(context, input) {
    const visible = visibleCompanies(context.actor)
    let rows = context.db.selectFrom('companies').selectAll()
    if (visible !== 'all') {
      const ids = visible.filter((id) => Id.safeParse(id).success)
      if (ids.length === 0) return { items: [], nextCursor: null }
      rows = rows.where('id', 'in', ids)
    }
    return pageById(rows, input, { item: toCompany })
  },
})
