import type { Amounts, Charge } from '../budgets/amounts.ts'
import { chargeBudgets } from '../budgets/charge.ts'
import type { CommandContext } from '../kernel/command.ts'
import type { CostEventTable } from './table.ts'

/** Charges the budgets with what was recorded without a hold, those of the same things and day together. */
export async function chargeRecorded(context: CommandContext, rows: readonly CostEventTable[]): Promise<void> {
  for (const charge of chargesOf(rows)) await chargeBudgets(context, charge)
}

/** What costs use up. Money that nobody is asked to pay is not spent; the tokens are. Pure. */
export function amountsOf(rows: readonly CostEventTable[]): Amounts {
  const costMicros = rows.reduce((sum, row) => sum + (row.is_imputed === 1 ? 0 : row.cost_micros), 0)
  const tokens = rows.reduce((sum, row) => sum + row.input_tokens + row.output_tokens, 0)
  return { costMicros, tokens, runs: 0, wallMs: 0 }
}

function chargesOf(rows: readonly CostEventTable[]): Charge[] {
  const groups = Map.groupBy(rows, (row) => JSON.stringify([row.agent_id, row.project_id, row.task_id, row.occurred_at.slice(0, 10)]))
  // In one order, so that no two transactions wait for each other.
  return [...groups]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([, group]) => {
      const [row] = group
      if (!row) return []
      return [
        {
          companyId: row.company_id,
          agentId: row.agent_id,
          projectId: row.project_id,
          taskId: row.task_id,
          amounts: amountsOf(group),
          at: new Date(row.occurred_at),
        },
      ]
    })
}
