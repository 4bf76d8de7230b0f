import { sql, type Kysely, type Transaction } from 'kysely'

import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { levelsAtMost } from '../kernel/tree.ts'
import type { AgentTable } from './table.ts'

interface Place {
  readonly companyId: string
  readonly agentId: string
}

// Cross joins: SQLite reads their tables in the order in which they are written, so each step of a walk finds its neighbours by
// an index instead of looking through the company for them.

/** The ids above an agent with their distance. The limit only keeps a tree that is none from going round for ever. */
const above = statement((db, given: Place) =>
  db
    .withRecursive('above(id, distance)', (nearest) =>
      nearest
        .selectFrom('agents')
        .select(['reports_to as id', sql<number>`1`.as('distance')])
        .where('company_id', '=', given.companyId)
        .where('id', '=', given.agentId)
        .where('reports_to', 'is not', null)
        .unionAll(
          nearest
            .selectFrom('above')
            .crossJoin('agents')
            .whereRef('agents.id', '=', 'above.id')
            .select(['agents.reports_to as id', sql<number>`above.distance + 1`.as('distance')])
            .where('agents.company_id', '=', given.companyId)
            .where('agents.reports_to', 'is not', null)
            .where('above.distance', '<', sql.lit(levelsAtMost)),
        ),
    )
    .selectFrom('above')
    .select('id')
    .orderBy('distance'),
)

/** The ids of everyone above an agent, nearest first. */
export async function managersOf(db: Kysely<Database>, given: Place): Promise<string[]> {
  return (await above(db, given)).flatMap(({ id }) => id ?? [])
}

/** Whether an agent is below a manager, however far. */
export async function isBelow(db: Kysely<Database>, given: Place & { managerId: string }): Promise<boolean> {
  const { managerId, ...place } = given
  return (await managersOf(db, place)).includes(managerId)
}

/** Everyone below an agent, with their distance from it: a part of a statement. */
export function withBelow(db: Kysely<Database>, given: Place) {
  return db.withRecursive('below(id, distance)', (nearest) =>
    nearest
      .selectFrom('agents')
      .select(['id', sql<number>`1`.as('distance')])
      .where('company_id', '=', given.companyId)
      .where('reports_to', '=', given.agentId)
      .unionAll(
        nearest
          .selectFrom('below')
          .crossJoin('agents')
          .whereRef('agents.reports_to', '=', 'below.id')
          .select(['agents.id', sql<number>`below.distance + 1`.as('distance')])
          .where('agents.company_id', '=', given.companyId)
          .where('below.distance', '<', sql.lit(levelsAtMost)),
      ),
  )
}

const height = statement((db, given: Place) =>
  withBelow(db, given)
    .selectFrom('below')
    .select((e) => e.fn.max('distance').as('levels')),
)

/** How many levels there are below an agent. */
export async function levelsBelow(db: Kysely<Database>, given: Place): Promise<number> {
  return first(await height(db, given))?.levels ?? 0
}

/** Gives all who report to an agent, and are not terminated, to another manager, or to nobody, and returns them. */
export async function moveReports(
  tx: Transaction<Database>,
  given: Place & { managerId: string | null; now: string },
): Promise<AgentTable[]> {
  return tx
    .updateTable('agents')
    .set((e) => ({ reports_to: given.managerId, version: e('version', '+', 1), updated_at: given.now }))
    .where('company_id', '=', given.companyId)
    .where('reports_to', '=', given.agentId)
    .where('status', '!=', 'terminated')
    .returningAll()
    .execute()
}
