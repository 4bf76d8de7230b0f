import type { CommandContext } from '../kernel/command.ts'
import type { TaskTable } from '../tasks/table.ts'
import { attemptsBeside, type EarlierRun } from './earlier.ts'
import type { RunTable } from './table.ts'

/** How many attempts ended one after the other without success, up to the newest; `attempts` is newest first. Pure. */
export function failedInARow(attempts: readonly Pick<EarlierRun, 'status'>[]): number {
  const success = attempts.findIndex(({ status }) => status === 'succeeded')
  return success === -1 ? attempts.length : success
}

/**
 * Which attempt a run is that has failed or was lost. A run that Engine queued says so; one that an agent from outside took by a checkout
 * begins at 1 each time, so what counts is how often that was in vain since the task came further: attempts are bounded for it too (P6).
 */
export async function attemptOf(context: CommandContext, run: RunTable, task: TaskTable): Promise<number> {
  if (run.adapter_type !== null) return run.attempt
  const others = await attemptsBeside(context, { run, task, agent: { id: run.agent_id } }, task.moved_at ?? task.created_at)
  return Math.max(run.attempt, failedInARow(others) + 1)
}
