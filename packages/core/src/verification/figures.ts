import { sql, type ExpressionBuilder, type Kysely } from 'kysely'

import type { Database } from '../database/tables.ts'
import { TaskStatus } from '../tasks/schema.ts'
import { inRanges, type Range, type View, type Violation } from './check.ts'

/** How many leases an agent has, as a part of a statement on agents. */
export function leasesOfAgent(e: ExpressionBuilder<Database, 'agents'>) {
  return e
    .selectFrom('leases')
    .select((lease) => lease.fn.countAll<number>().as('count'))
    .whereRef('leases.company_id', '=', 'agents.company_id')
    .whereRef('leases.agent_id', '=', 'agents.id')
}

/** An agent's `live_runs` counts its leases: the guard of its slots (P1). */
export async function* liveRunsCountLeases({ db }: View): AsyncGenerator<Violation> {
  const rows = inRanges(db, 'agents', ({ above, upTo }) =>
    db
      .selectFrom('agents')
      .select((e) => ['company_id', 'id', 'name', 'live_runs', leasesOfAgent(e).as('leases')])
      .where('id', '>', above)
      .where('id', '<=', upTo)
      .where((e) => e('live_runs', '!=', leasesOfAgent(e)))
      .execute(),
  )
  for await (const row of rows) {
    yield {
      companyId: row.company_id,
      entity: 'agent',
      id: row.id,
      problem: `${row.name} counts ${row.live_runs} live runs, but has ${row.leases} leases`,
    }
  }
}

/** A company's counters count its tasks by status. */
export async function* countersCountTasks({ db }: View): AsyncGenerator<Violation> {
  const rows = inRanges(db, 'companies', async (range) => countBoth(db, await companiesIn(db, range)))
  for await (const { companyId, status, stored, counted } of rows) {
    if (stored === counted) continue
    yield { companyId, entity: 'company', id: companyId, problem: `counts ${stored} tasks as ${status}, but has ${counted}` }
  }
}

export async function companiesIn(db: Kysely<Database>, { above, upTo }: Range): Promise<string[]> {
  const rows = await db.selectFrom('companies').select('id').where('id', '>', above).where('id', '<=', upTo).orderBy('id').execute()
  return rows.map((row) => row.id)
}

interface Count {
  readonly companyId: string
  readonly status: TaskStatus
  stored: number
  counted: number
}

/** Companies' tasks by status, as they were counted and as they are: by one statement, since both change together. */
export async function countBoth(db: Kysely<Database>, companyIds: readonly string[]): Promise<readonly Count[]> {
  if (companyIds.length === 0) return []
  const stored = db
    .selectFrom('company_counters')
    .select(['company_id', sql<'stored' | 'counted'>`'stored'`.as('kind'), ...TaskStatus.options])
    .where('company_id', 'in', companyIds)
  const counted = db
    .selectFrom('tasks')
    .select([
      'company_id',
      sql<'stored' | 'counted'>`'counted'`.as('kind'),
      ...TaskStatus.options.map((status) => countOf(status).as(status)),
    ])
    .where('company_id', 'in', companyIds)
    .where('deleted_at', 'is', null)
    .groupBy('company_id')
  const counts = new Map<string, Count>()
  for (const row of await stored.unionAll(counted).execute()) {
    for (const status of TaskStatus.options) {
      const key = `${row.company_id} ${status}`
      const count = counts.get(key) ?? { companyId: row.company_id, status, stored: 0, counted: 0 }
      count[row.kind] += row[status]
      counts.set(key, count)
    }
  }
  return [...counts.values()]
}

function countOf(status: TaskStatus) {
  return sql<number>`count(*) filter (where status = ${sql.lit(status)})`
}
