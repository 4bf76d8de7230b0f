import { z } from 'zod'

import { pageById } from '../database/page.ts'
import { query } from '../kernel/command.ts'
import { pageInput, pageOf } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { Route } from './schema.ts'
import { locatedRoutes } from './sql.ts'
import { toRoute } from './table.ts'

export const get = query({
  title: 'Show a route',
  input: z.strictObject({ routeId: Id }),
  output: Route,
  access: { scope: 'routes:read', company: 'route' },
  http: ['GET', '/routes/:routeId'],
  handle: async (context) => toRoute(locatedRoutes.of(context)),
})

export const list = query({
  title: 'List routes, oldest first',
  input: z.strictObject({ companyId: Id, projectId: Id.optional(), agentId: Id.optional(), ...pageInput }),
  output: pageOf(Route),
  access: { scope: 'routes:read', company: 'company' },
  http: ['GET', '/companies/:companyId/routes'],
  async handle(context, { projectId, agentId, cursor, limit }) {
    let rows = context.db.selectFrom('routes').selectAll().where('company_id', '=', context.companyId).where('removed_at', 'is', null)
    if (projectId) rows = rows.where('project_id', '=', projectId)
    if (agentId) rows = rows.where('agent_id', '=', agentId)
    return pageById(rows, { limit, cursor }, { item: toRoute })
  },
})
