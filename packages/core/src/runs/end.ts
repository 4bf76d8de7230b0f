import { noteEndOfRun } from '../breakers/change.ts'
import { endHolds } from '../budgets/run-holds.ts'
import { changedMeanwhile } from '../kernel/change.ts'
import type { CommandContext } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { illegalTransition } from '../kernel/transition.ts'
import type { RunUsage } from '../ports/adapter.ts'
import type { RunOutcome } from '../ports/run-contract.ts'
import { findTask } from '../tasks/sql.ts'
import { deleteLease, findLease } from './lease.ts'
import { runMachine } from './machine.ts'
import type { RunStatus } from './schema.ts'
import { findRun, listQueuedRuns, updateRun } from './sql.ts'
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
  const next = await updateRun(context.tx, run, { ...end.changes, status: end.status, finished_at: context.now, updated_at: context.now })
  if (!next) throw changedMeanwhile('run', run.id)
  countCost(context, run, end.changes)
  if (lease?.is_budgeted) await settleHolds(context, { run, end })
  await noteEndOfRun(context, end.isByBudget ? { ...next, outcome: null } : next)
  return next
}

/** What was held for a run ends with its lease. */
export async function settleHolds(
  context: CommandContext,
  { run, end }: { run: RunTable; end: Pick<End, 'changes'> & { readonly status: RunStatus } },
): Promise<void> {
  const { changes = {} } = end
  const used = (column: 'cost_micros' | 'input_tokens' | 'output_tokens') => (changes[column] ?? run[column]) - run[column]
  const unbooked = { costMicros: used('cost_micros'), tokens: used('input_tokens') + used('output_tokens') }
  const task = await findTask(context.tx, run.task_id)
  await endHolds(context, { run, projectId: task?.project_id ?? null, unbooked, isLost: end.status === 'lost' })
}

export async function cancelRun(
  context: CommandContext,
  run: RunTable,
  given: { verb: 'cancel' | 'release'; reason: string; usage?: RunUsage | undefined },
): Promise<RunTable> {
  const changes = { error_message: given.reason, ...usageChanges(run, given.usage ?? {}) }
  const next = await endRun(context, run, { status: 'cancelled', verb: given.verb, changes })
  context.emit('run.cancelled', runRef(next), { ...aboutRun(next), reason: given.reason })
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

/** Counts what a change of a run says that it cost. */
export function countCost(context: CommandContext, before: RunTable, { cost_micros: cost }: Partial<RunTable> = {}): void {
  if (cost !== undefined && cost !== before.cost_micros) context.countCost(before.agent_id, cost - before.cost_micros)
}

/** What a run consumed, on top of what it had. */
export function usageChanges(run: RunTable, usage: RunUsage): Partial<RunTable> {
  const { inputTokens = 0, outputTokens = 0, cachedInputTokens = 0, costMicros = 0 } = usage
  // What it used while it ran was added to its row; who says nothing more leaves that as it is.
  if (inputTokens + outputTokens + cachedInputTokens + costMicros === 0) return {}
  return {
    input_tokens: run.input_tokens + inputTokens,
    output_tokens: run.output_tokens + outputTokens,
    cached_input_tokens: run.cached_input_tokens + cachedInputTokens,
    cost_micros: run.cost_micros + costMicros,
  }
}

export function runRef(run: RunTable) {
  return { type: 'run' as const, id: run.id, version: run.version }
}

export function aboutRun(run: RunTable) {
  return { taskId: run.task_id, agentId: run.agent_id, attempt: run.attempt }
}

export function outcomeChanges(outcome: RunOutcome): Partial<RunTable> {
  const text = { outcome: JSON.stringify(outcome) }
  if (outcome.kind !== 'failed') return text
  return { ...text, error_class: outcome.class, error_message: outcome.message }
}
