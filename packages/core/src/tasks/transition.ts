import { findColleague } from '../agents/sql.ts'
import type { AgentTable } from '../agents/table.ts'
import { versionedChange } from '../database/versioned.ts'
import { supersedePending } from '../deliverables/supersede.ts'
import { withdrawInteractions } from '../interactions/change.ts'
import type { CommandContext } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { assertTransition } from '../kernel/transition.ts'
import { cancelLiveRun, cancelQueuedRuns, concludeLiveRun } from '../runs/end.ts'
import { cancelWaitingRun } from '../runs/suspend.ts'
import { wake } from '../runs/wake.ts'
import type { WakeReason } from '../runs/schema.ts'
import { taskMachine } from './machine.ts'
import type { TaskStatus } from './schema.ts'
import { lockCompanyTask, lockDependents, unresolvedBlockers } from './sql.ts'
import type { TaskTable } from './table.ts'

interface Move {
  readonly to: TaskStatus
  readonly verb: 'update' | 'submit' | 'report' | 'release' | 'recover' | 'block' | 'complete' | 'cancel' | 'review' | 'ask' | 'answer'
  readonly reason?: string | null
  /** Who can unblock it, for a move to `blocked`. */
  readonly owner?: string | null
  readonly changes?: Partial<TaskTable>
}

/** A task of this company, which nobody else changes until this command is over. */
export async function requireTask(context: CommandContext, reference: string): Promise<TaskTable> {
  const task = await lockCompanyTask(context.tx, { companyId: context.companyId, reference })
  if (!task) throw notFound('task', reference)
  return task
}

/** Writes changes to a task that was read in this transaction. */
export const changeTask = versionedChange('tasks', 'task')

/**
 * Moves a task along its machine, with everything that belongs to the move: times, the end of a run that others hold,
 * queued runs of an ended task, and the tasks that waited for it. Checkout is the one move that is not made here.
 * @throws `illegal_transition`
 */
export async function moveTask(context: CommandContext, task: TaskTable, move: Move): Promise<TaskTable> {
  assertTransition(taskMachine, task.status, move)
  const { runId } = context.actor.kind === 'run' ? { runId: context.actor.id } : { runId: null }
  await endLiveRun(context, task, move)
  const next = await changeTask(context, task, { ...fieldsOf(context.now, move), ...move.changes })
  const ref = taskRef(next)
  const reason = move.reason ?? null
  if (task.status === 'in_review' && move.verb !== 'review') await supersedePending(context, task.id)
  context.emit('task.status_changed', ref, { from: task.status, to: move.to, verb: move.verb, reason })
  if (move.verb === 'release') context.emit('task.released', ref, { runId: task.checkout_run_id, reason: reason ?? 'released' })
  if (move.to === 'blocked') context.emit('task.blocked', ref, { reason: reason ?? 'blocked', owner: move.owner ?? null })
  if (move.to === 'done') context.emit('task.completed', ref, { runId: runId ?? task.checkout_run_id })
  if (!isReady(move.to)) await cancelQueuedRuns(context, { taskId: task.id, reason: `task_${move.to}` })
  if (!taskMachine.isFinal(move.to)) return next
  if (task.is_asked === 1) await stopAsking(context, task, `task_${move.to}`)
  await wakeDependents(context, next)
  return next
}

/** Of a task that has ended nothing waits, and nothing is asked any more. */
async function stopAsking(context: CommandContext, task: TaskTable, reason: string): Promise<void> {
  await cancelWaitingRun(context, { taskId: task.id, reason })
  await withdrawInteractions(context, { taskId: task.id, reason })
}

/**
 * A submission leaves its run to end by itself; a report comes when it has ended, and so does what follows a lost one; a review finds
 * its work done; anything else takes the task away from it.
 */
async function endLiveRun(context: CommandContext, task: TaskTable, move: Move): Promise<void> {
  if (move.verb === 'submit' || move.verb === 'report' || move.verb === 'recover') return
  if (move.verb === 'review') await concludeLiveRun(context, { taskId: task.id })
  else await cancelLiveRun(context, { taskId: task.id, reason: `task_${move.to}` })
}

/** What a move writes besides the status. Pure. */
function fieldsOf(now: string, move: Move): Partial<TaskTable> {
  const isBlocked = move.to === 'blocked'
  return {
    status: move.to,
    checkout_run_id: null,
    checkout_agent_id: null,
    checkout_at: null,
    blocked_reason: isBlocked ? (move.reason ?? 'blocked') : null,
    blocked_owner: isBlocked ? (move.owner ?? null) : null,
    ...(!isRunGone(move) && { moved_at: now }),
    ...(move.to === 'done' && { completed_at: now, progress_percent: 100 }),
    ...(move.to === 'cancelled' && { cancelled_at: now }),
  }
}

/** Whether the task is only back where its run found it. */
function isRunGone({ to, verb }: Move): boolean {
  return to === 'todo' && (verb === 'report' || verb === 'release' || verb === 'recover')
}

/** Whether queued runs of a task in this status still have something to do: now, or when the live run has ended. */
function isReady(status: TaskStatus): boolean {
  return status === 'todo' || status === 'in_progress'
}

/**
 * An ended task wakes each task whose last blocker it was. Those are locked before their blockers are looked at: of two
 * blockers that end at the same moment, the later one sees the earlier.
 */
async function wakeDependents(context: CommandContext, task: TaskTable): Promise<void> {
  for (const dependent of await lockDependents(context.tx, { companyId: context.companyId, taskId: task.id })) {
    await wakeAssignee(context, dependent, 'blockers_resolved')
  }
}

/** Wakes the assignee of a task that is ready to start; does nothing for one that is not. What is held is woken when it is resumed. */
export async function wakeAssignee(context: CommandContext, task: TaskTable, reason: WakeReason): Promise<void> {
  if (task.assignee_agent_id === null || !mayStart(task)) return
  const agent = await findColleague(context.tx, { companyId: context.companyId, agentId: task.assignee_agent_id })
  if (agent) await wakeIfReady(context, { agent, task, reason })
}

/** The same for an assignee who was read already. */
export async function wakeIfReady(
  context: CommandContext,
  given: { agent: AgentTable; task: TaskTable; reason: WakeReason },
): Promise<void> {
  const { task } = given
  if (!mayStart(task)) return
  const blockers = await unresolvedBlockers(context.tx, { companyId: context.companyId, taskId: task.id })
  if (blockers.length === 0) await wake(context, given)
}

function mayStart(task: TaskTable): boolean {
  return task.status === 'todo' && task.held_by_task_id === null
}

/** Tells whoever works on a task, or is to: a run that is under way is followed by another one, unless it ends the task. */
export async function wakeWorker(context: CommandContext, task: TaskTable, reason: WakeReason): Promise<void> {
  if (task.status !== 'in_progress') return wakeAssignee(context, task, reason)
  if (task.assignee_agent_id === null) return
  const agent = await findColleague(context.tx, { companyId: context.companyId, agentId: task.assignee_agent_id })
  if (agent) await wake(context, { agent, task, reason })
}

export function taskRef(task: TaskTable) {
  return { type: 'task' as const, id: task.id, version: task.version }
}
