import { endProbe } from '../breakers/change.ts'
import type { CommandContext } from '../kernel/command.ts'
import { assertTransition } from '../kernel/transition.ts'
import { aboutRun, cancelRun, runRef, settleHolds } from './end.ts'
import { deleteLease } from './lease.ts'
import { runMachine } from './machine.ts'
import type { WakeReason } from './schema.ts'
import { changeRun, findQueuedRun, findWaitingRun } from './sql.ts'
import type { RunTable } from './table.ts'

/** A run gives its lease back and waits for an answer. What was queued behind it joins it: there is one run to go on. */
export async function suspendRun(context: CommandContext, run: RunTable, { interactionId }: { interactionId: string }): Promise<RunTable> {
  assertTransition(runMachine, run.status, { to: 'waiting', verb: 'ask' })
  const { companyId } = context
  const lease = await deleteLease(context.tx, { companyId, runId: run.id })
  if (lease) context.countLiveRun(lease.agent_id, -1)
  const queued = await findQueuedRun(context.tx, { companyId, agentId: run.agent_id, taskId: run.task_id })
  const reasons = joinedReasons(run, queued ? JSON.parse(queued.wake_reasons) : [])
  const next = await changeRun(context, run, {
    status: 'waiting',
    wake_reasons: JSON.stringify(reasons),
  })
  if (lease?.is_budgeted) await settleHolds(context, run, { isOver: false })
  context.emit('run.waiting', runRef(next), { ...aboutRun(next), reasons, interactionId })
  // Whoever could ask was let work.
  await endProbe(context, next, 'works')
  if (queued) await cancelRun(context, queued, { verb: 'cancel', reason: 'joined_waiting_run' })
  return next
}

/** The same run is queued again, at once. */
export async function resumeRun(context: CommandContext, run: RunTable, { priority }: { priority: number }): Promise<RunTable> {
  assertTransition(runMachine, run.status, { to: 'queued', verb: 'answer' })
  const reasons = joinedReasons(run, ['answer'])
  const availableAt = context.now
  const changes = { status: 'queued', wake_reasons: JSON.stringify(reasons), available_at: availableAt, priority } as const
  const next = await changeRun(context, run, changes)
  context.emit('run.queued', runRef(next), { ...aboutRun(next), reasons, availableAt })
  return next
}

/** Cancels the run that waits, of a task that goes on without its answer; its questions are the caller's to withdraw. */
export async function cancelWaitingRun(context: CommandContext, given: { taskId: string; reason: string }): Promise<RunTable | null> {
  const run = await findWaitingRun(context.tx, { companyId: context.companyId, taskId: given.taskId })
  return run && cancelRun(context, run, { verb: 'cancel', reason: given.reason })
}

/** Reasons add up, each once. Pure. */
export function joinedReasons(run: RunTable, more: readonly WakeReason[]): WakeReason[] {
  const known: WakeReason[] = JSON.parse(run.wake_reasons)
  return [...new Set([...known, ...more])]
}
