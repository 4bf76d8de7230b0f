import { sql, type Kysely } from 'kysely'

import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { noLiveOwner, noPendingDeliverable, noUnresolvedBlocker } from '../tasks/checkout-guards.ts'

/**
 * Finds queued runs that this process could start now, most urgent first, never more of an agent than it has free slots.
 * What cannot start (paused, full, blocked, not yet due, somebody else's, of an adapter that is not here) is left out in
 * the query, so it takes no place from work that can.
 */
export function claimableRuns(adapterTypes: readonly string[]) {
  const claimable = statement((db, given: { now: string; limit: number }) =>
    db
      .with('ready', (cte) =>
        cte
          .selectFrom('runs')
          .innerJoin('tasks', (join) => join.onRef('tasks.company_id', '=', 'runs.company_id').onRef('tasks.id', '=', 'runs.task_id'))
          .innerJoin('agents', (join) => join.onRef('agents.company_id', '=', 'runs.company_id').onRef('agents.id', '=', 'runs.agent_id'))
          .innerJoin('companies', 'companies.id', 'runs.company_id')
          .select((e) => [
            'runs.id',
            'runs.priority',
            sql<number>`row_number() over (partition by runs.agent_id order by runs.priority, runs.id)`.as('place'),
            e(
              'agents.max_concurrent_runs',
              '-',
              e
                .selectFrom('leases')
                .select((count) => count.fn.countAll<number>().as('live'))
                .whereRef('leases.company_id', '=', 'agents.company_id')
                .whereRef('leases.agent_id', '=', 'agents.id'),
            ).as('slots'),
          ])
          .where('runs.status', '=', sql.lit('queued'))
          .where('runs.available_at', '<=', given.now)
          .where('agents.status', '=', 'idle')
          .where('companies.status', '=', 'active')
          .where('agents.adapter_type', 'in', adapterTypes)
          .where('tasks.status', '=', sql.lit('todo'))
          .where((e) => e.or([e('tasks.assignee_agent_id', 'is', null), e('tasks.assignee_agent_id', '=', e.ref('runs.agent_id'))]))
          .where(noLiveOwner)
          .where(noUnresolvedBlocker)
          .where(noPendingDeliverable),
      )
      .selectFrom('ready')
      .select('ready.id')
      .whereRef('ready.place', '<=', 'ready.slots')
      .orderBy('ready.priority')
      .orderBy('ready.id')
      .limit(given.limit),
  )
  return async (db: Kysely<Database>, given: { now: string; limit: number }): Promise<string[]> => {
    if (adapterTypes.length === 0) return []
    const rows = await claimable(db, given)
    return rows.map((row) => row.id)
  }
}
