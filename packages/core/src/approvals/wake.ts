import { findColleague } from '../agents/sql.ts'
import type { CommandContext } from '../kernel/command.ts'
import { wake } from '../runs/wake.ts'
import { moveTask, requireTask, wakeAssignee } from '../tasks/transition.ts'
import type { ApprovalTable } from './table.ts'

/**
 * Tells the agent of the task that an approval was for. A task that names the approval as the one who can unblock it is
 * todo again; a run that is under way is followed by another one, unless it ends the task.
 */
export async function wakeForDecision(context: CommandContext, row: ApprovalTable): Promise<void> {
  if (row.task_id === null) return
  const found = await requireTask(context, row.task_id)
  const isWaiting = found.status === 'blocked' && found.blocked_owner === row.id
  const task = isWaiting ? await moveTask(context, found, { to: 'todo', verb: 'update', reason: `approval_${row.status}` }) : found
  if (task.status !== 'in_progress') return wakeAssignee(context, task, 'approval')
  if (task.assignee_agent_id === null) return
  const agent = await findColleague(context.tx, { companyId: context.companyId, agentId: task.assignee_agent_id })
  if (agent) await wake(context, { agent, task, reason: 'approval' })
}
