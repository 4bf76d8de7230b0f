import type { AgentTable } from '../agents/table.ts'
import { withdrawInteractions } from '../interactions/change.ts'
import type { CommandContext } from '../kernel/command.ts'
import type { RunUsage } from '../ports/adapter.ts'
import { findTask } from '../tasks/sql.ts'
import { moveTask } from '../tasks/transition.ts'
import { cancelRun } from './end.ts'
import type { RunTable } from './table.ts'

/** Cancels a run that has not ended. A running one gives its task back, and so does one that waits, whose questions are taken back too. */
export async function cancelAndRelease(
  context: CommandContext,
  run: RunTable,
  given: { verb: 'cancel' | 'release'; reason: string; usage?: RunUsage | undefined },
): Promise<RunTable> {
  const next = await cancelRun(context, run, given)
  if (run.status === 'queued') return next
  const task = await findTask(context.tx, run.task_id)
  if (run.status === 'waiting') {
    await withdrawInteractions(context, { taskId: run.task_id, runId: run.id, reason: given.reason })
    if (task?.status === 'blocked') await moveTask(context, task, { to: 'todo', verb: 'answer', reason: given.reason })
    return next
  }
  if (task?.status === 'in_progress') await moveTask(context, task, { to: 'todo', verb: 'release', reason: given.reason })
  return next
}

interface Cancelling {
  readonly statuses: readonly ('queued' | 'running' | 'waiting')[]
  readonly reason: string
}

export async function cancelRunsOfAgent(context: CommandContext, agent: AgentTable, given: Cancelling): Promise<void> {
  await cancelAll(context, runsOf(context, given).where('agent_id', '=', agent.id), given)
}

export async function cancelRunsOfCompany(context: CommandContext, given: Cancelling): Promise<void> {
  await cancelAll(context, runsOf(context, given), given)
}

function runsOf({ tx, companyId }: CommandContext, { statuses }: Cancelling) {
  return tx.selectFrom('runs').selectAll().where('company_id', '=', companyId).where('status', 'in', statuses)
}

async function cancelAll(context: CommandContext, wanted: ReturnType<typeof runsOf>, given: Cancelling): Promise<void> {
  const runs = await wanted.execute()
  for (const run of runs) await cancelAndRelease(context, run, { verb: 'cancel', reason: given.reason })
}
