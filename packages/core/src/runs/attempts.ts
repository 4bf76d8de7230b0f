import { statement } from '../database/statement.ts'
import type { CommandContext } from '../kernel/command.ts'
import type { TaskTable } from '../tasks/table.ts'
import { failureRules } from './failures.ts'
import type { RunTable } from './table.ts'

type EarlierRun = Pick<RunTable, 'status' | 'error_class'>

/**
 * How many attempts ended one after the other without success, up to the newest; `earlier` is newest first. A run that was cancelled, or
 * that its provider did not let work, was none. Pure.
 */
export function failedInARow(earlier: readonly EarlierRun[]): number {
  const attempts = earlier.filter(
    ({ status, error_class }) => status !== 'cancelled' && (error_class === null || failureRules[error_class].follows !== 'cool'),
  )
  const success = attempts.findIndex(({ status }) => status !== 'failed' && status !== 'timed_out' && status !== 'lost')
  return success === -1 ? attempts.length : success
}

interface Before {
  companyId: string
  agentId: string
  taskId: string
  runId: string
  since: string
  limit: number
}

const runsBefore = statement((db, given: Before) =>
  db
    .selectFrom('runs')
    .select(['status', 'error_class'])
    .where('company_id', '=', given.companyId)
    .where('task_id', '=', given.taskId)
    .where('agent_id', '=', given.agentId)
    .where('id', '<', given.runId)
    .where('created_at', '>=', given.since)
    .orderBy('id', 'desc')
    .limit(given.limit),
)

/** More than attempts that count and those that do not between them; of older ones it does not matter how they ended. */
const lookedAt = 200

/**
 * Which attempt a run is that has failed or was lost. A run that Engine queued says so; one that an agent from outside took by a checkout
 * begins at 1 each time, so what counts is how often that was in vain since the task came further: attempts are bounded for it too (P6).
 */
export async function attemptOf(context: CommandContext, run: RunTable, task: TaskTable): Promise<number> {
  if (run.adapter_type !== null) return run.attempt
  const ids = { companyId: context.companyId, agentId: run.agent_id, taskId: task.id, runId: run.id }
  const earlier = await runsBefore(context.tx, { ...ids, since: task.moved_at ?? task.created_at, limit: lookedAt })
  return Math.max(run.attempt, failedInARow(earlier) + 1)
}
