import { noteEndOfRun } from '../breakers/change.ts'
import { endHolds } from '../budgets/run-holds.ts'
import type { CommandContext } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { illegalTransition } from '../kernel/transition.ts'
import type { RunUsage } from '../ports/adapter.ts'
import type { KeptOutcome } from '../ports/run-contract.ts'
import { findTaskOfRun } from '../tasks/sql.ts'
import { deleteLease, findLease } from './lease.ts'
import { runMachine } from './machine.ts'
import type { RunStatus } from './schema.ts'
import { changeRun, findRun, listQueuedRuns } from './sql.ts'
import { keepUsage } from './usage.ts'
import type { RunTable } from './table.ts'

type EndStatus = Extract<RunStatus, 'succeeded' | 'failed' | 'timed_out' | 'cancelled' | 'lost'>

export interface End {
  readonly status: EndStatus
  readonly verb: 'report' | 'cancel' | 'release' | 'sweep'
  readonly changes?: Partial<RunTable>
  /** Set when a budget of ours ended it, which says nothing about its provider. */
  readonly isByBudget?: boolean
}

export async function requireRun(context: CommandContext, runId: string): Promise<RunTable> {
  const run = await findRun(context.tx, runId)
  if (run?.company_id !== context.companyId) throw notFound('run', runId)
  return run
}

/** Ends a run and its lease in one step; the task is the caller's to move. @throws `illegal_transition` */
export async function endRun(context: CommandContext, run: RunTable, end: End): Promise<RunTable> {
  if (!runMachine.isLegal(run.status, end.status, end.verb))
    throw illegalTransition(runMachine, run.status, { to: end.status, verb: end.verb })
  const lease = run.status === 'running' ? await deleteLease(context.tx, { companyId: run.company_id, runId: run.id }) : null
  if (lease) context.countLiveRun(lease.agent_id, -1)
  const next = await changeRun(context, run, { ...end.changes, status: end.status, finished_at: context.now })
  // A run that waited, or was to go on from that, holds nothing, but it was one.
  if (lease ? lease.is_budgeted : run.started_at !== null) await settleHolds(context, run, { isOver: true })
  await noteEndOfRun(context, end.isByBudget ? { ...next, outcome: null } : next)
  return next
}

/** What was held for a run ends with its lease. */
export async function settleHolds(context: CommandContext, run: RunTable, { isOver }: { isOver: boolean }): Promise<void> {
  const task = await findTaskOfRun(context.tx, run)
  await endHolds(context, { run, projectId: task?.project_id ?? null, isOver })
}

export async function cancelRun(
  context: CommandContext,
  run: RunTable,
  given: { verb: 'cancel' | 'release'; reason: string; usage?: RunUsage | undefined },
): Promise<RunTable> {
  const { verb, reason, usage } = given
  const told = usage ? await keepLastUsage(context, run, usage) : run
  const next = await endRun(context, told, { status: 'cancelled', verb, changes: { error_message: reason } })
  context.emit('run.cancelled', runRef(next), { ...aboutRun(next), reason })
  return next
}

/** Cancels the run that holds a task, if one does; its process stops as soon as it hears of it. */
export async function cancelLiveRun(context: CommandContext, given: { taskId: string; reason: string }): Promise<RunTable | null> {
  const lease = await findLease(context.tx, { companyId: context.companyId, taskId: given.taskId })
  if (!lease) return null
  return cancelRun(context, await requireRun(context, lease.run_id), { verb: 'cancel', reason: given.reason })
}

/** Ends the run that submitted a task's work and is still live when the work is decided about. */
export async function concludeLiveRun(context: CommandContext, given: { taskId: string }): Promise<void> {
  const lease = await findLease(context.tx, { companyId: context.companyId, taskId: given.taskId })
  if (!lease) return
  const changes = outcomeChanges({ kind: 'needs_review' })
  const run = await endRun(context, await requireRun(context, lease.run_id), { status: 'succeeded', verb: 'report', changes })
  context.emit('run.succeeded', runRef(run), { ...aboutRun(run), outcome: 'needs_review' })
}

/** Cancels what is queued for a task: all of it, or all but one agent's. */
export async function cancelQueuedRuns(
  context: CommandContext,
  given: { taskId: string; reason: string; exceptAgentId?: string | null },
): Promise<void> {
  for (const run of await listQueuedRuns(context.tx, { companyId: context.companyId, taskId: given.taskId })) {
    if (run.agent_id !== given.exceptAgentId) await cancelRun(context, run, { verb: 'cancel', reason: given.reason })
  }
}

/** What is said of a run's consumption together with its end. */
export async function keepLastUsage(context: CommandContext, run: RunTable, usage: RunUsage): Promise<RunTable> {
  return keepUsage(context, run, { usages: [{ ...usage, sequence: 'end' }], fence: run.fence ?? 0, isResumed: false })
}

export function runRef(run: RunTable) {
  return { type: 'run' as const, id: run.id, version: run.version }
}

export function aboutRun(run: RunTable) {
  return { taskId: run.task_id, agentId: run.agent_id, attempt: run.attempt }
}

export function outcomeChanges(outcome: KeptOutcome): Partial<RunTable> {
  const text = { outcome: JSON.stringify(outcome) }
  if (outcome.kind !== 'failed') return text
  return { ...text, error_class: outcome.class, error_message: outcome.message }
}
