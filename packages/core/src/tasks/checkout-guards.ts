import { sql, type Expression, type ExpressionBuilder } from 'kysely'

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

/** No run of it waits for an answer; only a blocked task has one, so others are asked nothing more. */
export function noWaitingRun(e: TaskExpression) {
  const waiting = e
    .selectFrom('runs')
    .select('runs.id')
    .whereRef('runs.company_id', '=', 'tasks.company_id')
    .whereRef('runs.task_id', '=', 'tasks.id')
    .where('runs.status', '=', sql.lit('waiting'))
  return e.or([e('tasks.status', '!=', sql.lit('blocked')), e.not(e.exists(waiting))])
}

/** Its subtree is not held. */
export function notHeld(e: TaskExpression) {
  return e('tasks.held_by_task_id', 'is', null)
}

/** No budget over it is used up: the company's, its project's, its own, or that of the agent who is to work on it. */
export function withinBudgets(e: TaskExpression, agentId: Expression<string>) {
  const stop = e
    .selectFrom('budget_stops')
    .select('budget_stops.budget_id')
    .whereRef('budget_stops.company_id', '=', 'tasks.company_id')
    .where((of) => of('budget_stops.scope_id', 'in', [of.ref('tasks.company_id'), of.ref('tasks.id'), of.ref('tasks.project_id'), agentId]))
  return e.not(e.exists(stop))
}

/** How many tasks an agent has under way: those that its leases are for, without those that wait for a review. */
export function tasksUnderWay(e: ExpressionBuilder<Database, 'agents'>) {
  return e
    .selectFrom('leases')
    .innerJoin('tasks as held', (join) =>
      join.onRef('held.company_id', '=', 'leases.company_id').onRef('held.id', '=', 'leases.task_id').on('held.status', '=', 'in_progress'),
    )
    .select((lease) => lease.fn.countAll<number>().as('tasks'))
    .whereRef('leases.company_id', '=', 'agents.company_id')
    .whereRef('leases.agent_id', '=', 'agents.id')
}

/** The agent may take one task more; most have no limit, and nothing is counted for them. */
export function hasFreeTaskSlot(e: ExpressionBuilder<Database, 'agents'>) {
  return e.or([e('agents.max_concurrent_tasks', 'is', null), e('agents.max_concurrent_tasks', '>', tasksUnderWay(e))])
}

/** The company is active, and its strategy approved where it asks for that. */
export function companyLetsStart(e: ExpressionBuilder<Database, 'companies'>) {
  return e.and([e('companies.status', '=', sql.lit('active')), e('companies.strategy_gate', '!=', sql.lit('closed'))])
}

/** The agent is idle, has a free slot, and its company lets it start. */
export function agentMayWork(e: TaskExpression, given: { companyId: string; agentId: string }) {
  const free = e
    .selectFrom('agents')
    .select('agents.id')
    .where('agents.company_id', '=', given.companyId)
    .where('agents.id', '=', given.agentId)
    .where('agents.status', '=', 'idle')
    .where((agent) =>
      agent.exists(
        agent.selectFrom('companies').select('companies.id').whereRef('companies.id', '=', 'agents.company_id').where(companyLetsStart),
      ),
    )
    .whereRef('agents.live_runs', '<', 'agents.max_concurrent_runs')
    .where(hasFreeTaskSlot)
  return e.exists(free)
}

/** Nobody's, this agent's, or the person's for whom this agent stands. */
export function unassignedOrMine(e: TaskExpression, agentId: string) {
  const person = e
    .selectFrom('members')
    .select('members.id')
    .whereRef('members.company_id', '=', 'tasks.company_id')
    .whereRef('members.user_id', '=', 'tasks.assignee_user_id')
    .where('members.agent_id', '=', agentId)
  return e.and([
    e.or([e('tasks.assignee_agent_id', 'is', null), e('tasks.assignee_agent_id', '=', agentId)]),
    e.or([e('tasks.assignee_user_id', 'is', null), e.exists(person)]),
  ])
}
