import { z } from 'zod'

import { pageById } from '../database/page.ts'
import { query } from '../kernel/command.ts'
import { pageInput, pageOf } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { Breaker, BreakerStatus } from './schema.ts'
import { locatedBreakers } from './sql.ts'
import { toBreaker } from './table.ts'

export const get = query({
  title: 'Show whether work may start at a provider',
  input: z.strictObject({ breakerId: Id }),
  output: Breaker,
  access: { scope: 'agents:read', company: 'breaker' },
  http: ['GET', '/breakers/:breakerId'],
  handle: async (context) => toBreaker(locatedBreakers.of(context)),
})

export const list = query({
  title: 'List the providers that failed once, and whether work may start there',
  input: z.strictObject({ companyId: Id, status: BreakerStatus.optional(), ...pageInput }),
  output: pageOf(Breaker),
  access: { scope: 'agents:read', company: 'company' },
  http: ['GET', '/companies/:companyId/breakers'],
  async handle(context, input) {
    let rows = context.db.selectFrom('breakers').selectAll().where('company_id', '=', context.companyId)
    if (input.status) rows = rows.where('status', '=', input.status)
    return pageById(rows, input, { item: toBreaker })
  },
})
