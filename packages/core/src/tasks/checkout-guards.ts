import { sql, type ExpressionBuilder } from 'kysely'

import type { Database } from '../database/tables.ts'

type TaskExpression = ExpressionBuilder<Database, 'tasks'>

// The named guards of a checkout, as conditions on `tasks`: one copy for the statement that claims and for the query that
// looks for claimable work. Constants that a partial index names are written as literals, or the index is not used.

/** No run has the task's lease. */
export function noLiveOwner(e: TaskExpression) {
  const lease = e
    .selectFrom('leases')
    .select('run_id')
    .whereRef('leases.company_id', '=', 'tasks.company_id')
    .whereRef('leases.task_id', '=', 'tasks.id')
  return e.not(e.exists(lease))
}

/** Every blocker has ended. The status is asked for one blocker at a time: a join would tempt a planner to read all open tasks. */
export function noUnresolvedBlocker(e: TaskExpression) {
  const open = e
    .selectFrom('task_blockers')
    .select('task_blockers.task_id')
    .whereRef('task_blockers.company_id', '=', 'tasks.company_id')
    .whereRef('task_blockers.task_id', '=', 'tasks.id')
    .where((blocker) =>
      blocker(
        blocker
          .selectFrom('tasks as blocking')
          .select('blocking.status')
          .whereRef('blocking.company_id', '=', 'task_blockers.company_id')
          .whereRef('blocking.id', '=', 'task_blockers.blocker_id'),
        'not in',
        ['done', 'cancelled'],
      ),
    )
  return e.not(e.exists(open))
}

/** No version of its deliverable waits for a person. */
export function noPendingDeliverable(e: TaskExpression) {
  const pending = e
    .selectFrom('deliverables')
    .select('deliverables.id')
    .whereRef('deliverables.company_id', '=', 'tasks.company_id')
    .whereRef('deliverables.task_id', '=', 'tasks.id')
    .where('deliverables.status', '=', sql.lit('pending'))
  return e.not(e.exists(pending))
}

/** The agent is idle, has a free slot, and its company is active. */
export function agentMayWork(e: TaskExpression, given: { companyId: string; agentId: string }) {
  const free = e
    .selectFrom('agents')
    .select('agents.id')
    .where('agents.company_id', '=', given.companyId)
    .where('agents.id', '=', given.agentId)
    .where('agents.status', '=', 'idle')
    .where((agent) =>
      agent(agent.selectFrom('companies').select('companies.status').whereRef('companies.id', '=', 'agents.company_id'), '=', 'active'),
    )
    .whereRef('agents.live_runs', '<', 'agents.max_concurrent_runs')
  return e.exists(free)
}

export function unassignedOrMine(e: TaskExpression, agentId: string) {
  return e.or([e('tasks.assignee_agent_id', 'is', null), e('tasks.assignee_agent_id', '=', agentId)])
}
