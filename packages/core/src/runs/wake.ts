import type { AgentTable } from '../agents/table.ts'
import { isExecuted } from '../kernel/adapters.ts'
import type { CommandContext } from '../kernel/command.ts'
import type { TaskTable } from '../tasks/table.ts'
import { openTasksOf } from '../tasks/sql.ts'
import { aboutRun, runRef } from './end.ts'
import type { WakeReason } from './schema.ts'
import { changeRun, findQueuedRun, findWaitingRun, insertRun } from './sql.ts'
import { joinedReasons } from './suspend.ts'
import type { RunTable } from './table.ts'

export interface Wake {
  readonly agent: AgentTable
  readonly task: TaskTable
  readonly reason: WakeReason
  /** Not before this time, ISO-8601; now when left out. */
  readonly availableAt?: string
  readonly attempt?: number
  readonly retryOf?: string
}

/**
 * Queues a run of an agent for a task that the caller has locked, or joins the one that is queued already: reasons add up, runs do not.
 * Agents that do not start by themselves (manual, polling, human) are only woken when a person asks for it; what nothing executes takes its
 * tasks by itself, so that no run waits for it but one that was begun.
 */
export async function wake(context: CommandContext, given: Wake): Promise<RunTable | null> {
  const { agent, task, reason } = given
  if (!isWokenBySystem(agent) && !isWish(reason)) return null
  if (agent.status === 'terminated' || agent.status === 'pending_approval') return null
  const availableAt = given.availableAt ?? context.now
  if (task.status === 'blocked') return noteReason(context, given)
  const queued = await findQueuedRun(context.tx, { companyId: context.companyId, agentId: agent.id, taskId: task.id })
  if (queued) return joinRun(context, queued, { reason, availableAt })
  if (!isExecuted(agent.adapter_type)) return null
  const run = await insertRun(context.tx, {
    id: context.newId(),
    company_id: context.companyId,
    agent_id: agent.id,
    task_id: task.id,
    priority: task.priority,
    attempt: given.attempt ?? 1,
    retry_of: given.retryOf ?? null,
    wake_reasons: JSON.stringify([reason]),
    available_at: availableAt,
    created_at: context.now,
  })
  context.emit('run.queued', runRef(run), { ...aboutRun(run), reasons: [reason], availableAt })
  return run
}

/** Whether a person asks for the run, whatever its agent and earlier runs are like. Pure. */
export function isWish(reason: WakeReason): boolean {
  return reason === 'manual' || reason === 'message'
}

/** Whether work starts by itself for this agent; for others a person or the agent itself asks. */
export function isWokenBySystem(agent: AgentTable): boolean {
  return agent.execution_mode === 'auto' && agent.status !== 'terminated' && agent.status !== 'pending_approval'
}

/** Of a blocked task nothing starts; the run that waits there goes on waiting, and knows one reason more. */
async function noteReason(context: CommandContext, { agent, task, reason }: Wake): Promise<RunTable | null> {
  const run = task.is_asked === 1 ? await findWaitingRun(context.tx, { companyId: context.companyId, taskId: task.id }) : null
  if (run?.agent_id !== agent.id) return null
  const reasons = joinedReasons(run, [reason])
  const next = await changeRun(context, run, { wake_reasons: JSON.stringify(reasons) })
  context.emit('run.waiting', runRef(next), { ...aboutRun(next), reasons, interactionId: null })
  return next
}

async function joinRun(context: CommandContext, run: RunTable, given: { reason: WakeReason; availableAt: string }): Promise<RunTable> {
  const reasons = joinedReasons(run, [given.reason])
  const isSooner = given.availableAt < run.available_at && cutsShort(given.reason, JSON.parse(run.wake_reasons))
  const availableAt = isSooner ? given.availableAt : run.available_at
  const next = await changeRun(context, run, {
    wake_reasons: JSON.stringify(reasons),
    available_at: availableAt,
  })
  context.emit('run.queued', runRef(next), { ...aboutRun(next), reasons, availableAt })
  return next
}

/** Only a person's wish cuts short the wait of a retry; news cut short that of a run which asked to look again after a while. Pure. */
function cutsShort(reason: WakeReason, known: readonly WakeReason[]): boolean {
  return isWish(reason) || !(known.includes('retry') || reason === 'retry' || reason === 'timer')
}

/** Queues a run for each task that waits for this agent and could start. */
export async function wakeForOpenTasks(context: CommandContext, agent: AgentTable): Promise<void> {
  for (const task of await openTasksOf(context.tx, { companyId: context.companyId, agentId: agent.id })) {
    await wake(context, { agent, task, reason: 'assignment' })
  }
}
