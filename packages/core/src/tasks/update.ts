import { z } from 'zod'

import { findColleague } from '../agents/sql.ts'
import { refuseAwaited } from '../interactions/awaited.ts'
import { assertVersion, changedFields } from '../kernel/change.ts'
import type { CommandContext } from '../kernel/command.ts'
import { EngineError, kernelErrors, notInCompany, ruleViolated } from '../kernel/errors.ts'
import { assertTransition, illegalTransition } from '../kernel/transition.ts'
import { listQueuedRuns, updateRun } from '../runs/sql.ts'
import { writeSearchEntry } from '../search/sql.ts'
import { refuseCycles, replaceBlockers, requireTasks } from './blockers.ts'
import { requireLabels, setLabels } from './labels.ts'
import { taskMachine } from './machine.ts'
import { planRelocation, relocateBelow, type Relocation } from './relocate.ts'
import { TaskInput, UpdateFields, priorityRank, type TaskStatus } from './schema.ts'
import { requireGoal, requirePlace } from './surroundings.ts'
import { taskEntry } from './search-entry.ts'
import type { TaskTable } from './table.ts'
import { changeTask, moveTask, requireTask, taskRef, wakeAssignee } from './transition.ts'

const Change = z.strictObject(UpdateFields)
type Change = z.output<typeof Change>

/** What stands in a task's own row, and nothing else is decided by. */
const ownFields: ReadonlySet<string> = new Set([
  'title',
  'description',
  'tags',
  'acceptanceCriteria',
  'context',
  'maxAttempts',
  'dueDate',
  'billingCode',
])

/** Whether a change needs no more than the task's row: no other task, place, person or run has a part in it. Pure. */
export function isAboutItselfOnly(change: object): boolean {
  return Object.entries(change).every(([field, value]) => value === undefined || ownFields.has(field))
}

/** The fields that a change names, as callers call them. Pure. */
export function changedFieldsOf(change: object): string[] {
  return Object.entries(change).flatMap(([field, value]) => (field in TaskInput && value !== undefined ? [field] : []))
}

/** What a change does, once nothing about it can be refused any more. */
interface Plan {
  readonly columns: Partial<TaskTable>
  /** The fields that it changes, as callers name them. */
  readonly changed: readonly string[]
  readonly blockers: readonly TaskTable[] | null
  readonly labelIds: readonly string[] | null
  readonly relocation: Relocation | null
  readonly status: TaskStatus | null
}

/** Changes one task. All that can be refused is refused before anything is written, so a caller that changes many may go on. */
export async function updateOne(context: CommandContext, reference: string, change: Change): Promise<TaskTable> {
  const task = await requireTask(context, reference)
  assertVersion('task', task, change.version)
  refuseEnded(task, change)
  const plan = await planChange(context, task, change)
  const next = await writeFields(context, task, plan)
  const moved = plan.status ? await moveTask(context, next, { to: plan.status, verb: 'update' }) : next
  if (plan.columns.priority !== undefined) await rankQueuedRuns(context, moved)
  const isFreed = task.held_by_task_id !== null && moved.held_by_task_id === null
  // Other edits leave a task that waits for its next attempt waiting.
  if (plan.status || plan.blockers || isFreed) await wakeAssignee(context, moved, 'assignment')
  return moved
}

function refuseEnded({ identifier, status }: TaskTable, change: Change): void {
  if (!taskMachine.isFinal(status)) return
  if (change.status && change.status !== status) throw illegalTransition(taskMachine, status, { to: change.status, verb: 'update' })
  throw ruleViolated(`${identifier} is ${status} and can not be changed.`)
}

async function planChange(context: CommandContext, task: TaskTable, change: Change): Promise<Plan> {
  const status = change.status && change.status !== task.status ? change.status : null
  if (status) assertTransition(taskMachine, task.status, { to: status, verb: 'update' })
  if (status) await refuseAwaited(context.tx, task)
  const blockers = change.blockedBy ? await requireTasks(context, change.blockedBy) : null
  if (blockers) await refuseCycles(context, task, blockers)
  const labelIds = change.labels ? await requireLabels(context, change.labels) : null
  const relocation = change.parentId === undefined ? null : await planRelocation(context, task, change.parentId)
  await requireNamed(context, change)
  const place = await placeColumns(context, task, change)
  const named = changedFieldsOf(change)
  const changed = [...new Set([...named, ...(place.project_id === undefined ? [] : ['projectId'])])]
  if (changed.length === 0 && !status)
    throw new EngineError(kernelErrors.invalid_input, 'This change names no field that would change.', {
      details: { known: Object.keys(UpdateFields) },
    })
  const columns = { ...columnsOf(change), ...place, ...(labelIds && { is_labelled: labelIds.length > 0 ? 1 : 0 }), ...relocation?.columns }
  return { columns, changed, blockers, labelIds, relocation, status }
}

async function requireNamed(context: CommandContext, { goalId, preferredAgentId }: Change): Promise<void> {
  await requireGoal(context, goalId)
  if (preferredAgentId && !(await findColleague(context.tx, { companyId: context.companyId, agentId: preferredAgentId })))
    throw notInCompany({ field: 'preferredAgentId', entity: 'agent', reference: preferredAgentId })
}

/** The project and the sprint, where either is named. A sprint may bring its project. */
async function placeColumns(context: CommandContext, task: TaskTable, change: Change): Promise<Partial<TaskTable>> {
  const { projectId = task.project_id, sprintId = task.sprint_id } = change
  if (change.projectId === undefined && change.sprintId === undefined) return {}
  const place = await requirePlace(context, { projectId, sprintId }, task)
  return {
    sprint_id: place.sprint_id,
    ...((change.projectId !== undefined || place.project_id !== task.project_id) && { project_id: place.project_id }),
  }
}

function columnsOf(change: Change): Partial<TaskTable> {
  const named = {
    title: change.title,
    description: change.description,
    priority: change.priority && priorityRank(change.priority),
    goal_id: change.goalId,
    preferred_agent_id: change.preferredAgentId,
    required_capabilities: change.requiredCapabilities && JSON.stringify(change.requiredCapabilities),
    tags: change.tags && JSON.stringify(change.tags),
    acceptance_criteria: change.acceptanceCriteria && JSON.stringify(change.acceptanceCriteria),
    context: change.context && JSON.stringify(change.context),
    max_attempts: change.maxAttempts,
    due_at: change.dueDate,
    // Another due date can be missed anew.
    overdue_at: change.dueDate === undefined ? undefined : null,
    billing_code: change.billingCode,
  }
  return Object.values(named).every((value) => value === undefined) ? {} : changedFields(named)
}

async function writeFields(context: CommandContext, task: TaskTable, plan: Plan): Promise<TaskTable> {
  const { columns, changed, blockers, labelIds, relocation } = plan
  if (changed.length === 0) return task
  if (blockers) await replaceBlockers(context, task, blockers)
  if (labelIds) await setLabels(context, task.id, labelIds)
  const next = await changeTask(context, task, columns)
  context.emit('task.updated', taskRef(next), { changed: [...changed] })
  if (columns.title !== undefined || columns.description !== undefined) await writeSearchEntry(context, taskEntry(next))
  if (relocation) await relocateBelow(context, relocation)
  return next
}

/** What is queued already follows the task's new priority. */
async function rankQueuedRuns(context: CommandContext, task: TaskTable): Promise<void> {
  for (const run of await listQueuedRuns(context.tx, { companyId: context.companyId, taskId: task.id })) {
    await updateRun(context.tx, run, { priority: task.priority, updated_at: context.now })
  }
}
