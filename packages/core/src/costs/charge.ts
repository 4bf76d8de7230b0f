import type { Amounts, Charge } from '../budgets/amounts.ts'
import { chargeBudgets, foreseeCharges, type Foreseen } from '../budgets/charge.ts'
import { familyOf } from '../database/open.ts'
import type { CommandContext } from '../kernel/command.ts'
import type { CostEventTable } from './table.ts'

/** Charges the budgets with what was recorded without a hold, those of the same things and day together. */
export async function chargeRecorded(context: CommandContext, rows: readonly CostEventTable[]): Promise<void> {
  await chargeBudgets(context, chargesOf(rows))
}

/**
 * Works out what they will charge, where all is sent in one statement; null where that is of no use. The row of a run is locked before
 * periods, so what names one is charged after it.
 */
export async function foreseeRecorded(context: CommandContext, rows: readonly CostEventTable[]): Promise<Foreseen | null> {
  if (familyOf(context.tx) === 'sqlite' || rows.some((row) => row.run_id !== null)) return null
  return foreseeCharges(context, chargesOf(rows))
}

/** What costs use up. Money that nobody is asked to pay is not spent; the tokens are. Pure. */
export function amountsOf(rows: readonly CostEventTable[]): Amounts {
  const costMicros = rows.reduce((sum, row) => sum + (row.is_imputed === 1 ? 0 : row.cost_micros), 0)
  const tokens = rows.reduce((sum, row) => sum + row.input_tokens + row.output_tokens, 0)
  return { costMicros, tokens, runs: 0, wallMs: 0 }
}

function chargesOf(rows: readonly CostEventTable[]): Charge[] {
  const groups = Map.groupBy(rows, (row) => JSON.stringify([row.agent_id, row.project_id, row.task_id, row.occurred_at.slice(0, 10)]))
  return [...groups.values()].flatMap((group) => {
    const [row] = group
    if (!row) return []
    const { company_id: companyId, agent_id: agentId, project_id: projectId, task_id: taskId } = row
    return [{ companyId, agentId, projectId, taskId, amounts: amountsOf(group), at: new Date(row.occurred_at) }]
  })
}
