import type { AgentTable } from '../agents/table.ts'
import type { CommandContext } from '../kernel/command.ts'
import { findTask } from '../tasks/sql.ts'
import { moveTask } from '../tasks/transition.ts'
import { cancelRun } from './end.ts'
import type { RunTable } from './table.ts'

/** Cancels a queued or running run; a running one gives its task back. */
export async function cancelAndRelease(
  context: CommandContext,
  run: RunTable,
  given: { verb: 'cancel' | 'release'; reason: string },
): Promise<RunTable> {
  const next = await cancelRun(context, run, given)
  if (run.status !== 'running') return next
  const task = await findTask(context.tx, run.task_id)
  if (task?.status === 'in_progress') await moveTask(context, task, { to: 'todo', verb: 'release', reason: given.reason })
  return next
}

export async function cancelRunsOfAgent(
  context: CommandContext,
  agent: AgentTable,
  given: { statuses: readonly ('queued' | 'running')[]; reason: string },
): Promise<void> {
  const runs = await context.tx
    .selectFrom('runs')
    .selectAll()
    .where('company_id', '=', context.companyId)
    .where('agent_id', '=', agent.id)
    .where('status', 'in', given.statuses)
    .execute()
  for (const run of runs) await cancelAndRelease(context, run, { verb: 'cancel', reason: given.reason })
}
