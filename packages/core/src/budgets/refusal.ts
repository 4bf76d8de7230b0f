import type { CommandContext } from '../kernel/command.ts'
import type { RunTable } from '../runs/table.ts'
import type { TaskTable } from '../tasks/table.ts'
import { isNear } from './rules.ts'
import { budgetsOver } from './sql.ts'
import { readStanding } from './standing.ts'

interface Refused {
  readonly run: RunTable
  readonly task: TaskTable
  readonly budgetId?: string | undefined
  readonly isOverBudget?: boolean | undefined
}

/** From how many percent on a limit counts as reached when what is left does not cover a call. */
export const nearlyAll = 95

/**
 * Whether a run failed since a budget over it did not allow a call. When hardly anything of that is left, its limit is reached: nothing
 * that starts would come further. Otherwise others hold a part of it, or the call was too large for it.
 */
export async function noteRefusal(context: CommandContext, { run, task, budgetId, isOverBudget = false }: Refused): Promise<boolean> {
  if (budgetId === undefined) return isOverBudget
  const spender = { companyId: context.companyId, agentId: run.agent_id, projectId: task.project_id, taskId: task.id }
  const found = (await budgetsOver(context.tx, spender)).find(({ id }) => id === budgetId)
  if (!found) return isOverBudget
  const { stopped_at: stoppedAt, most_per_run: _, ...budget } = found
  const { period } = await readStanding(context.tx, budget, context.now)
  if (stoppedAt === null && budget.is_hard === 1 && isNear(period, nearlyAll)) context.limitReached(budget.id)
  return true
}
