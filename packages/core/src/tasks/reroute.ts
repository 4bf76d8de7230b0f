import { sql, type SelectExpression } from 'kysely'

import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { CommandContext } from '../kernel/command.ts'
import { chooseAgent, type RoutingFacts } from '../routing/choose.ts'
import { loadFacts, toRoutingTask } from '../routing/facts.ts'
import { assignByRouting } from './assign.ts'
import { requireTask } from './transition.ts'

/** Of how many of the most urgent tasks that are nobody's, and how many of them are given out at once. */
const mostLookedAt = 1_000
const mostGiven = 100

const columns = [
  'id',
  'company_id',
  'project_id',
  'priority',
  'tags',
  'is_labelled',
  'context',
  'required_capabilities',
  'preferred_agent_id',
] as const satisfies readonly SelectExpression<Database, 'tasks'>[]

/** What was last said of each task is that routing found nobody: one that a person left to nobody stays so. */
const waiting = statement((db, given: { companyId: string }) => {
  const nobodys = db
    .selectFrom('tasks')
    .select(columns)
    .where('company_id', '=', given.companyId)
    .where('status', '=', sql.lit('todo' as const))
    .where('assignee_agent_id', 'is', null)
    .where('assignee_user_id', 'is', null)
    .where('deleted_at', 'is', null)
    .orderBy('priority')
    .orderBy('id')
    .limit(sql.lit(mostLookedAt))
  return db
    .selectFrom(nobodys.as('nobodys'))
    .selectAll('nobodys')
    .where((e) => {
      const last = e
        .selectFrom('events')
        .select('events.type')
        .where('events.company_id', '=', given.companyId)
        .whereRef('events.entity_id', '=', 'nobodys.id')
        .where('events.type', 'in', ['task.assigned', 'task.routing_failed'])
        .orderBy('events.seq', 'desc')
        .limit(sql.lit(1))
      return e(last, '=', 'task.routing_failed')
    })
    .orderBy('priority')
    .orderBy('id')
})

/**
 * Routes the tasks again that routing found nobody for, the most urgent first: for a command that made somebody able to take
 * one. Where there is still nobody, nothing is said anew.
 */
export async function rerouteWaiting(context: CommandContext): Promise<void> {
  const { tx, companyId, now } = context
  const known = new Map<string | null, RoutingFacts>()
  let given = 0
  for (const task of await waiting(tx, { companyId })) {
    // Whether anybody can take a task does not depend on who got the ones before.
    const facts = known.get(task.project_id) ?? (await loadFacts(tx, { companyId, projectId: task.project_id, now }))
    known.set(task.project_id, facts)
    if (chooseAgent(await toRoutingTask(tx, task), facts).agentId === null) continue
    await assignByRouting(context, await requireTask(context, task.id))
    given += 1
    if (given === mostGiven) return
  }
}
