import type { Kysely } from 'kysely'

import { findColleague } from '../agents/sql.ts'
import type { AgentTable } from '../agents/table.ts'
import { stoppedBy } from '../budgets/exceeded.ts'
import { findCompany } from '../companies/sql.ts'
import type { Database } from '../database/tables.ts'
import { findAwaited } from '../interactions/awaited.ts'
import { findMemberByUser } from '../members/sql.ts'
import { findLease } from '../runs/lease.ts'
import { tasksUnderWay } from './checkout-guards.ts'
import type { CheckoutFacts } from './checkout-rules.ts'
import type { TaskStatus } from './schema.ts'
import { findTask, unresolvedBlockers } from './sql.ts'
import type { TaskTable } from './table.ts'

interface Wish {
  readonly task: TaskTable
  readonly agent: AgentTable
  readonly expectedStatuses?: readonly TaskStatus[] | undefined
  readonly now: string
}

/** Everything that decides whether an agent may check a task out, as it stands. */
export async function readCheckoutFacts(db: Kysely<Database>, { task, agent, expectedStatuses, now }: Wish): Promise<CheckoutFacts> {
  const { company_id: companyId } = task
  const lease = await findLease(db, { companyId, taskId: task.id })
  const holder = lease && (await findColleague(db, { companyId, agentId: lease.agent_id }))
  const pending = await db
    .selectFrom('deliverables')
    .select('id')
    .where('company_id', '=', companyId)
    .where('task_id', '=', task.id)
    .where('status', '=', 'pending')
    .execute()
  return {
    task,
    agent,
    company: await findCompany(db, companyId),
    heldBy: task.held_by_task_id === null ? null : await findTask(db, task.held_by_task_id),
    assignee: await assigneeOf(db, task),
    tasksUnderWay: await countTasksUnderWay(db, agent),
    lease,
    holderName: holder?.name ?? null,
    blockers: await unresolvedBlockers(db, { companyId, taskId: task.id }),
    hasPendingDeliverable: pending.length > 0,
    awaited: await findAwaited(db, task),
    overBudget: await stoppedBy(db, { companyId, agentId: agent.id, projectId: task.project_id, taskId: task.id }, now),
    expectedStatuses,
    now,
  }
}

/** Whose the task is: a person with the agent that stands for them, or an agent. */
async function assigneeOf(db: Kysely<Database>, task: TaskTable): Promise<CheckoutFacts['assignee']> {
  const { company_id: companyId } = task
  if (task.assignee_user_id === null) {
    const agent = task.assignee_agent_id === null ? null : await findColleague(db, { companyId, agentId: task.assignee_agent_id })
    return agent && { kind: 'agent', id: agent.id, name: agent.name, agentId: agent.id }
  }
  const member = await findMemberByUser(db, { companyId, userId: task.assignee_user_id })
  return { kind: 'user', id: task.assignee_user_id, name: member?.name ?? task.assignee_user_id, agentId: member?.agent_id ?? null }
}

async function countTasksUnderWay(db: Kysely<Database>, agent: AgentTable): Promise<number> {
  const row = await db
    .selectFrom('agents')
    .select((e) => tasksUnderWay(e).as('tasks'))
    .where('company_id', '=', agent.company_id)
    .where('id', '=', agent.id)
    .executeTakeFirst()
  return row?.tasks ?? 0
}
