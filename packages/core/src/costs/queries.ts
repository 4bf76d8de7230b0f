import { z } from 'zod'

import { query } from '../kernel/command.ts'
import { pageInput, pageOf, toPage } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { costFilters, listCosts, placeOf } from './list.ts'
import { CostEvent } from './schema.ts'
import { locatedCostEvents } from './sql.ts'
import { toCostEvent } from './table.ts'

export const get = query({
  title: 'Show what something cost',
  input: z.strictObject({ costEventId: Id }),
  output: CostEvent,
  access: { scope: 'costs:read', company: 'costEvent' },
  http: ['GET', '/cost-events/:costEventId'],
  handle: async (context) => toCostEvent(locatedCostEvents.of(context)),
})

export const list = query({
  title: 'List what was spent, newest first',
  input: z.strictObject({ companyId: Id, ...costFilters, ...pageInput }),
  output: pageOf(CostEvent),
  access: { scope: 'costs:read', company: 'company' },
  http: ['GET', '/companies/:companyId/cost-events'],
  handle: async (context, input) => toPage(await listCosts(context.db, input), input.limit, { item: toCostEvent, key: placeOf }),
})
