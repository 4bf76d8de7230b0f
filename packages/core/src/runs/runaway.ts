import type { AgentTable } from '../agents/table.ts'
import type { CommandContext } from '../kernel/command.ts'
import { isoTime } from '../ports/clock.ts'
import type { TaskTable } from '../tasks/table.ts'
import { moveTask, taskRef } from '../tasks/transition.ts'
import { attemptsBeside, type EarlierRun } from './earlier.ts'
import type { WakeReason } from './schema.ts'
import type { RunTable } from './table.ts'
import { isWish } from './wake.ts'

/** How often an agent is started for one task and one reason within an hour, when the task comes no further (PROMISES P6). */
export const mostRuns = 5
const spanMs = 3_600_000

/**
 * The reason for which a run would be one too many beside those attempts; null when it is not. What a person asked for is their decision;
 * attempts that the task allows are bounded by themselves. Pure.
 */
export function runawayReason(
  run: Pick<RunTable, 'wake_reasons'>,
  attempts: readonly Pick<EarlierRun, 'wake_reasons'>[],
  task: Pick<TaskTable, 'max_attempts'>,
): WakeReason | null {
  const reasons: WakeReason[] = JSON.parse(run.wake_reasons)
  if (reasons.some(isWish)) return null
  const counted = attempts.map(({ wake_reasons }): WakeReason[] => JSON.parse(wake_reasons))
  const limitOf = (reason: WakeReason) => (reason === 'retry' ? Math.max(mostRuns, task.max_attempts - 1) : mostRuns)
  return reasons.find((reason) => counted.filter((others) => others.includes(reason)).length >= limitOf(reason)) ?? null
}

/**
 * Whether this run would go in circles: its agent was started for the same task and reason too often since the task last came
 * further. Then the task is blocked instead, which cancels the run, and there is one incident. @returns whether it did that
 */
export async function stopRunaway(
  context: CommandContext,
  { run, task, agent }: { run: RunTable; task: TaskTable; agent: AgentTable },
): Promise<boolean> {
  // Every run that happened took a checkout.
  if (task.fence < mostRuns) return false
  const hourAgo = isoTime(context.clock.now() - spanMs)
  const since = task.moved_at !== null && task.moved_at > hourAgo ? task.moved_at : hourAgo
  const attempts = await attemptsBeside(context, { run, task, agent }, since)
  const reason = runawayReason(run, attempts, task)
  if (reason === null) return false
  const told = `${agent.name} was started again and again within an hour for the same reason (${reason}), and the task came no further`
  const next = await moveTask(context, task, { to: 'blocked', verb: 'block', reason: told, owner: 'operator' })
  context.emit('task.runaway_detected', taskRef(next), { agentId: agent.id, reason, runs: attempts.length, since })
  return true
}
