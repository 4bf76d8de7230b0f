import type { Kysely, Transaction } from 'kysely'

import { versionedChange } from '../database/versioned.ts'
import { rowById } from '../database/row-by-id.ts'
import type { Database } from '../database/tables.ts'
import { locatedRows } from '../kernel/located.ts'
import type { RouteTable } from './table.ts'

/** Also one that was removed. */
export const findRoute = rowById('routes')

/** Those of a company, also removed ones. */
export async function routesById(db: Kysely<Database>, given: { companyId: string; ids: readonly string[] }): Promise<RouteTable[]> {
  if (given.ids.length === 0) return []
  return db.selectFrom('routes').selectAll().where('company_id', '=', given.companyId).where('id', 'in', given.ids).execute()
}

export const locatedRoutes = locatedRows(findRoute, (route) => (route.removed_at === null ? {} : null))

export const writeRoute = versionedChange('routes', 'route')

/** Makes a route listen to what it names, or to nothing. */
export async function setListening(tx: Transaction<Database>, route: RouteTable, patterns: readonly string[]): Promise<void> {
  const { id: route_id, company_id } = route
  await tx.deleteFrom('route_events').where('company_id', '=', company_id).where('route_id', '=', route_id).execute()
  const rows = [...new Set(patterns)].map((pattern) => ({ company_id, pattern, route_id }))
  if (rows.length > 0) await tx.insertInto('route_events').values(rows).execute()
}

/** The enabled routes of a company that listen to one of these. */
export async function listeningRoutes(
  db: Kysely<Database>,
  given: { companyId: string; patterns: readonly string[] },
): Promise<RouteTable[]> {
  return db
    .selectFrom('routes')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('id', 'in', (e) =>
      e
        .selectFrom('route_events')
        .select('route_events.route_id')
        .where('route_events.company_id', '=', given.companyId)
        .where('route_events.pattern', 'in', given.patterns),
    )
    .orderBy('id')
    .execute()
}

/** How many routes a company has. */
export async function countRoutes(db: Kysely<Database>, companyId: string): Promise<number> {
  const { count } = await db
    .selectFrom('routes')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('company_id', '=', companyId)
    .where('removed_at', 'is', null)
    .executeTakeFirstOrThrow()
  return count
}
