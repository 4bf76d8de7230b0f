import { setAgentStatus } from '../agents/change.ts'
import { lockAgent } from '../agents/sql.ts'
import type { CommandContext } from '../kernel/command.ts'
import { adapterTypesOf } from '../runs/setups.ts'
import type { RunTable } from '../runs/table.ts'
import { moveTask, requireTask } from '../tasks/transition.ts'
import { nearlyAll } from './refusal.ts'
import { wantsCap } from './run-cap.ts'
import type { RunRefusal } from './run-refusal.ts'
import { isNear } from './rules.ts'
import { findBudget } from './sql.ts'
import { readStanding } from './standing.ts'

/**
 * Ends the wait of a run for which waiting is of no use, where somebody sees it: its agent has to be told a cap, a limit is as good as
 * reached, or its task is blocked, since what one run is held is more than the rest of the period. @returns whether it did that
 */
export async function endHopelessWait(context: CommandContext, run: RunTable, refusal: RunRefusal): Promise<boolean> {
  if (refusal.code === 'run_cap_required') return await stopWithoutCap(context, run, refusal)
  const { budgetId, needed } = refusal
  const budget = budgetId === undefined ? null : await findBudget(context.tx, budgetId)
  if (!budget || budget.company_id !== context.companyId || budget.is_hard === 0 || needed === undefined) return false
  const { period, isStopped } = await readStanding(context.tx, budget, context.now)
  // What others hold may become free again; what is spent does not.
  if (isStopped || needed <= period.limit_amount - period.spent) return false
  if (isNear(period, nearlyAll)) {
    context.limitReached(budget.id)
    return true
  }
  const task = await requireTask(context, run.task_id)
  if (task.status !== 'todo') return false
  const reason = `${refusal.message} Or lower maxCostMicrosPerRun of the agent, which is what each of its runs is held.`
  await moveTask(context, task, { to: 'blocked', verb: 'block', reason, owner: 'operator' })
  return true
}

async function stopWithoutCap(context: CommandContext, run: RunTable, { code, message }: RunRefusal): Promise<boolean> {
  const agent = await lockAgent(context.tx, run.agent_id)
  // Somebody may have set it meanwhile.
  if (agent?.status !== 'idle' || agent.max_cost_micros_per_run !== null) return false
  // A fallback alone breaks no agent: its own adapter goes on when its provider works again.
  const needed = adapterTypesOf({ ...agent, fallbacks: '[]' })
  if (!needed.some((adapterType) => wantsCap(agent, adapterType, context.adapters))) return false
  await setAgentStatus(context, agent, { to: 'error', reason: message, error: { code, message } })
  return true
}
