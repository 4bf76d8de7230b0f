import { findColleague } from '../agents/sql.ts'
import type { CommandContext } from '../kernel/command.ts'
import { EngineError } from '../kernel/errors.ts'
import { findLease } from '../runs/lease.ts'
import { taskErrors } from './errors.ts'
import type { TaskTable } from './table.ts'

/** Leaves a task to the run that has it. @throws `checkout_conflict` which names its agent, and says by `advice` what would work */
export async function refuseLive({ tx, companyId }: CommandContext, task: TaskTable, advice: string): Promise<void> {
  const lease = await findLease(tx, { companyId, taskId: task.id })
  if (!lease) return
  const agent = await findColleague(tx, { companyId, agentId: lease.agent_id })
  throw new EngineError(taskErrors.checkout_conflict, `${agent?.name ?? lease.agent_id} is working on ${task.identifier}. ${advice}`, {
    details: {
      status: task.status,
      fence: lease.fence,
      holder: { agentId: lease.agent_id, agentName: agent?.name ?? null, runId: lease.run_id },
    },
  })
}
