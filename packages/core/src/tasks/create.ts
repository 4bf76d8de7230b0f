import { sql } from 'kysely'

import { takeTaskNumber } from '../companies/sql.ts'
import { familyOf } from '../database/open.ts'
import { statement } from '../database/statement.ts'
import { eventActor, type Actor } from '../kernel/actor.ts'
import type { CommandContext } from '../kernel/command.ts'
import { notFound, ruleViolated } from '../kernel/errors.ts'
import { countTaskOfRun } from '../runs/lease.ts'
import type { WakeReason } from '../runs/schema.ts'
import { searchRow, writeSearchEntry } from '../search/sql.ts'
import { assignByRouting, assignTask } from './assign.ts'
import { addBlockers } from './blockers.ts'
import { addLabels } from './labels.ts'
import { priorityRank, type NewTask, type TaskOrigin } from './schema.ts'
import { findSurroundings } from './surroundings.ts'
import { taskEntry } from './search-entry.ts'
import type { TaskTable } from './table.ts'
import { taskRef } from './transition.ts'

/**
 * Creates a task, gives it to whom it is meant for and wakes them. All that can be refused is refused before anything is
 * written, so a caller that creates many may go on with the others.
 */
export async function createTask(context: CommandContext, wish: NewTask, making: Making = byHand): Promise<TaskTable> {
  const { blockers, labelIds, columns } = await findSurroundings(context, wish)
  await countForRun(context)
  const { origin, wakes } = making
  const { row, mayRoute } = await numbered(context, { ...blankTask(context, wish), ...columns, origin })
  await insertTask(context, row)
  await addBlockers(context, row, blockers)
  await addLabels(context, row.id, labelIds)
  context.emit('task.created', taskRef(row), {
    identifier: row.identifier,
    title: row.title,
    status: row.status,
    blockedBy: blockers.map((blocker) => blocker.id),
  })
  const { assigneeAgentId, assigneeUserId } = wish
  if (assigneeAgentId) return assignTask(context, row, { agentId: assigneeAgentId, reason: 'named at creation', wakes })
  if (assigneeUserId) return assignTask(context, row, { agentId: null, userId: assigneeUserId, reason: 'named at creation' })
  const wantsRouting = mayRoute || row.preferred_agent_id !== null || row.required_capabilities !== '[]'
  return wantsRouting ? assignByRouting(context, row, wakes) : row
}

/** How a task comes to be, and what wakes who gets it. */
interface Making {
  readonly origin: TaskOrigin
  readonly wakes: WakeReason
}

const byHand: Making = { origin: 'manual', wakes: 'assignment' }

/** An agent that goes astray does not bury its company in tasks. */
async function countForRun({ tx, companyId, actor, settings }: CommandContext): Promise<void> {
  if (actor.kind !== 'run') return
  const most = settings.tasksPerRun
  if (await countTaskOfRun(tx, { companyId, runId: actor.id, fence: actor.fence, most })) return
  throw ruleViolated(
    `This run has made ${most} tasks, and makes no more. Put the rest into the result, or into another task's description.`,
    {
      most,
    },
  )
}

async function numbered(context: CommandContext, row: TaskTable): Promise<{ row: TaskTable; mayRoute: boolean }> {
  const taken = await takeTaskNumber(context.tx, { companyId: context.companyId, projectId: row.project_id })
  if (!taken) throw notFound('company', context.companyId)
  if (taken.status === 'archived') throw ruleViolated('The company is archived; nothing new is created in it.')
  return { row: { ...row, identifier: `${taken.task_prefix}-${taken.task_counter}` }, mayRoute: Boolean(taken.may_route) }
}

/** The row of a new task, before it has a number and surroundings. */
export function blankTask(context: { companyId: string; now: string; actor: Actor; newId(): string }, wish: NewTask): TaskTable {
  const { kind, id } = eventActor(context.actor)
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
    due_at: wish.dueDate ?? null,
    overdue_at: null,
    billing_code: wish.billingCode ?? null,
    is_labelled: 0,
    is_asked: 0,
    request_depth: 0,
    origin: 'manual',
    created_by_kind: kind,
    created_by_id: id,
    deleted_at: null,
    moved_at: null,
  }
}

/** Columns that a new task has no say in are left to their defaults. */
const insertRow = statement((db, given: TaskTable & Entry, family) => {
  // A round trip away, what the task is found by is written with it.
  const written =
    family === 'postgres'
      ? db.with('entry', (entries) =>
          entries.insertInto('search_entries').values({
            company_id: given.company_id,
            entity_type: sql.lit('task'),
            entity_id: given.id,
            task_id: given.id,
            title: given.search_title,
            body: given.search_body,
            title_words: given.title_words,
            body_words: given.body_words,
          }),
        )
      : db
  return written.insertInto('tasks').values({
    id: given.id,
    company_id: given.company_id,
    identifier: given.identifier,
    title: given.title,
    description: given.description,
    status: given.status,
    priority: given.priority,
    goal_id: given.goal_id,
    parent_id: given.parent_id,
    project_id: given.project_id,
    sprint_id: given.sprint_id,
    preferred_agent_id: given.preferred_agent_id,
    required_capabilities: given.required_capabilities,
    tags: given.tags,
    is_labelled: given.is_labelled,
    is_asked: 0,
    acceptance_criteria: given.acceptance_criteria,
    context: given.context,
    max_attempts: given.max_attempts,
    due_at: given.due_at,
    billing_code: given.billing_code,
    held_by_task_id: given.held_by_task_id,
    progress_percent: 0,
    fence: 0,
    request_depth: given.request_depth,
    origin: given.origin,
    created_by_kind: given.created_by_kind,
    created_by_id: given.created_by_id,
    version: 1,
    created_at: given.created_at,
    updated_at: given.updated_at,
  })
})

/** The columns of search_entries that a task fills. */
interface Entry {
  search_title: string
  search_body: string
  title_words: string
  body_words: string
}

async function insertTask({ tx, companyId }: CommandContext, row: TaskTable): Promise<void> {
  const entry = taskEntry(row)
  const { title, body, title_words, body_words } = searchRow(companyId, entry)
  await insertRow(tx, { ...row, search_title: title, search_body: body, title_words, body_words })
  if (familyOf(tx) === 'sqlite') await writeSearchEntry({ tx, companyId }, entry)
}
