import { z } from 'zod'

import { pageById } from '../database/page.ts'
import { query } from '../kernel/command.ts'
import { pageInput, pageOf } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { findPrice } from './find.ts'
import { At, CompanyPrice, FoundPrice, Model, Provider } from './schema.ts'
import { locatedPrices } from './sql.ts'
import { toCompanyPrice } from './table.ts'

export const get = query({
  title: 'Show a price of the rate card',
  input: z.strictObject({ priceId: Id }),
  output: CompanyPrice,
  access: { scope: 'prices:read', company: 'price' },
  http: ['GET', '/prices/:priceId'],
  handle: async (context) => toCompanyPrice(locatedPrices.of(context)),
})

export const list = query({
  title: 'List the rate card of the company',
  input: z.strictObject({ companyId: Id, provider: Provider.optional(), ...pageInput }),
  output: pageOf(CompanyPrice),
  access: { scope: 'prices:read', company: 'company' },
  http: ['GET', '/companies/:companyId/prices'],
  async handle(context, { provider, cursor, limit }) {
    let rows = context.db.selectFrom('prices').selectAll().where('company_id', '=', context.companyId)
    if (provider !== undefined) rows = rows.where('provider', '=', provider)
    return pageById(rows, { limit, cursor }, { item: toCompanyPrice })
  },
})

export const find = query({
  title: 'Show what a model costs the company, and who says so',
  description:
    'The price by which usage is charged: of the rate card, else of the host, else of the list that Engine brings along. Without any, an agent under a hard limit is not let call the model.',
  input: z.strictObject({ companyId: Id, provider: Provider, model: Model, at: At }),
  output: FoundPrice,
  access: { scope: 'prices:read', company: 'company' },
  http: ['GET', '/companies/:companyId/prices/find'],
  async handle(context, { provider, model, at = context.now }) {
    const { db: tx, prices, companyId } = context
    const found = await findPrice({ tx, prices }, { companyId, provider, model, at: new Date(at) })
    if (!found) return { provider, model, at, source: null, price: null }
    const { source, tiers, ...rates } = found
    return { provider, model, at, source, price: { ...rates, tiers: [...tiers] } }
  },
})
