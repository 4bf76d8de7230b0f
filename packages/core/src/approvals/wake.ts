import type { CommandContext } from '../kernel/command.ts'
import { lockCompanyTask } from '../tasks/sql.ts'
import { moveTask, wakeWorker } from '../tasks/transition.ts'
import type { ApprovalTable } from './table.ts'

/**
 * Tells the agent of the task that an approval was for. A task that names the approval as the one who can unblock it is
 * todo again; a run that is under way is followed by another one, unless it ends the task.
 */
export async function wakeForDecision(context: CommandContext, row: ApprovalTable): Promise<void> {
  if (row.task_id === null) return
  const found = await lockCompanyTask(context.tx, { companyId: context.companyId, reference: row.task_id })
  // A request outlives its task: what was asked for is the company's.
  if (!found) return
  const isWaiting = found.status === 'blocked' && found.blocked_owner === row.id
  const task = isWaiting ? await moveTask(context, found, { to: 'todo', verb: 'update', reason: `approval_${row.status}` }) : found
  await wakeWorker(context, task, 'approval')
}
