import type { z } from 'zod'

import { lockAgent } from '../agents/sql.ts'
import { takeTaskNumber } from '../companies/sql.ts'
import { statement } from '../database/statement.ts'
import { findGoal } from '../goals/sql.ts'
import type { CommandContext } from '../kernel/command.ts'
import { notFound, ruleViolated } from '../kernel/errors.ts'
import { assignByRouting, assignTask, refuseTerminated } from './assign.ts'
import { addBlockers, requireTasks } from './blockers.ts'
import { priorityRank, type NewTask } from './schema.ts'
import { shareCompanyTask } from './sql.ts'
import type { TaskTable } from './table.ts'
import { taskRef } from './transition.ts'

type Wish = z.output<typeof NewTask>

/** What a new task refers to, found and locked. */
interface Surroundings {
  readonly parent: TaskTable | null
  readonly blockers: readonly TaskTable[]
}

/**
 * Creates a task, gives it to whom it is meant for and wakes them. All that can be refused is refused before anything is
 * written, so a caller that creates many may go on with the others.
 */
export async function createTask(context: CommandContext, wish: Wish): Promise<TaskTable> {
  const { parent, blockers } = await findSurroundings(context, wish)
  const row = await numbered(context, {
    ...blankTask(context, wish),
    parent_id: parent?.id ?? null,
    goal_id: wish.goalId ?? parent?.goal_id ?? null,
  })
  await insertTask(context.tx, row)
  await addBlockers(context, row, blockers)
  context.emit('task.created', taskRef(row), {
    identifier: row.identifier,
    title: row.title,
    status: row.status,
    blockedBy: blockers.map((blocker) => blocker.id),
  })
  if (wish.assigneeAgentId) return assignTask(context, row, { agentId: wish.assigneeAgentId, reason: 'named at creation' })
  const wantsRouting = row.preferred_agent_id !== null || row.required_capabilities !== '[]'
  return wantsRouting ? assignByRouting(context, row) : row
}

/**
 * Locks all that new tasks refer to before the first of them takes a number: tasks before agents, each in one order, so that no
 * two commands wait for each other. What is not there is refused when its task is created.
 */
export async function lockSurroundings(context: CommandContext, wishes: readonly Wish[]): Promise<void> {
  const tasks = wishes.flatMap((wish) => [...(wish.blockedBy ?? []), ...(wish.parentId ? [wish.parentId] : [])])
  const agents = wishes.flatMap((wish) => [wish.assigneeAgentId, wish.preferredAgentId].filter((id) => typeof id === 'string'))
  for (const reference of new Set(tasks.toSorted())) await shareCompanyTask(context.tx, { companyId: context.companyId, reference })
  for (const id of new Set(agents.toSorted())) await lockAgent(context.tx, id)
}

async function findSurroundings(context: CommandContext, wish: Wish): Promise<Surroundings> {
  const [parent = null] = wish.parentId ? await requireTasks(context, [wish.parentId], 'parentId') : []
  const blockers = await requireTasks(context, wish.blockedBy ?? [])
  for (const [field, agentId] of [
    ['assigneeAgentId', wish.assigneeAgentId],
    ['preferredAgentId', wish.preferredAgentId],
  ] as const) {
    if (!agentId) continue
    const agent = await lockAgent(context.tx, agentId)
    if (agent?.company_id !== context.companyId) throw ruleViolated(`${field}: there is no agent ${agentId} in this company.`, { agentId })
    if (field === 'assigneeAgentId') refuseTerminated(agent)
  }
  if (wish.goalId && (await findGoal(context.tx, wish.goalId))?.company_id !== context.companyId) {
    throw ruleViolated(`goalId: there is no goal ${wish.goalId} in this company.`, { goalId: wish.goalId })
  }
  return { parent, blockers }
}

async function numbered(context: CommandContext, row: TaskTable): Promise<TaskTable> {
  const taken = await takeTaskNumber(context.tx, { companyId: context.companyId, now: context.now })
  if (!taken) throw notFound('company', context.companyId)
  if (taken.status === 'archived') throw ruleViolated('The company is archived; nothing new is created in it.')
  return { ...row, identifier: `${taken.task_prefix}-${taken.task_counter}` }
}

/** The row of a new task, before it has a number and surroundings. */
export function blankTask(context: { companyId: string; now: string; newId(): string }, wish: Wish): TaskTable {
  return {
    id: context.newId(),
    company_id: context.companyId,
    identifier: '',
    title: wish.title,
    description: wish.description ?? null,
    status: wish.status,
    priority: priorityRank(wish.priority ?? 'medium'),
    goal_id: wish.goalId ?? null,
    parent_id: null,
    assignee_agent_id: null,
    preferred_agent_id: wish.preferredAgentId ?? null,
    required_capabilities: JSON.stringify(wish.requiredCapabilities ?? []),
    tags: JSON.stringify(wish.tags ?? []),
    acceptance_criteria: JSON.stringify(wish.acceptanceCriteria ?? []),
    context: JSON.stringify(wish.context ?? {}),
    max_attempts: wish.maxAttempts ?? 3,
    blocked_reason: null,
    blocked_owner: null,
    progress_percent: 0,
    progress_message: null,
    fence: 0,
    checkout_run_id: null,
    checkout_agent_id: null,
    checkout_at: null,
    version: 1,
    created_at: context.now,
    updated_at: context.now,
    started_at: null,
    completed_at: null,
    cancelled_at: null,
    project_id: null,
    sprint_id: null,
    assignee_user_id: null,
    held_by_task_id: null,
    due_at: null,
    overdue_at: null,
    billing_code: null,
    request_depth: 0,
    origin: 'manual',
    created_by_kind: 'system',
    created_by_id: 'system',
    deleted_at: null,
  }
}

/** Columns that a new task has no say in are left to their defaults. */
const insertTask = statement((db, given: TaskTable) =>
  db.insertInto('tasks').values({
    id: given.id,
    company_id: given.company_id,
    identifier: given.identifier,
    title: given.title,
    description: given.description,
    status: given.status,
    priority: given.priority,
    goal_id: given.goal_id,
    parent_id: given.parent_id,
    preferred_agent_id: given.preferred_agent_id,
    required_capabilities: given.required_capabilities,
    tags: given.tags,
    acceptance_criteria: given.acceptance_criteria,
    context: given.context,
    max_attempts: given.max_attempts,
    progress_percent: 0,
    fence: 0,
    request_depth: given.request_depth,
    origin: given.origin,
    created_by_kind: given.created_by_kind,
    created_by_id: given.created_by_id,
    version: 1,
    created_at: given.created_at,
    updated_at: given.updated_at,
  }),
)
