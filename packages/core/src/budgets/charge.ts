import { changedMeanwhile } from '../kernel/change.ts'
import type { CommandContext } from '../kernel/command.ts'
import { amountOf, type Amounts, type Charge } from './amounts.ts'
import { noteLateBill } from './incident.ts'
import { afterSpending, isNear, isUsedUp } from './rules.ts'
import { updateBudget } from './sql.ts'
import { aboutBudget, aboutPeriod, budgetRef, lockStandings, writePeriod } from './standing.ts'
import type { BudgetHoldLineTable, BudgetPeriodTable, Standing } from './table.ts'

/**
 * Books what was spent without a hold, in the period of its time. It never refuses: what was spent was spent. Whoever reaches a
 * limit by it is stopped in the same transaction.
 */
export async function chargeBudgets(context: CommandContext, charge: Charge): Promise<void> {
  const { amounts } = charge
  if (amounts.costMicros === 0 && amounts.tokens === 0 && amounts.runs === 0 && amounts.wallMs === 0) return
  await bookIn(context, await lockStandings(context, charge, charge.at), { amounts, lines: [] })
}

/** Books what was spent in budgets whose periods are locked, and gives back what was held for it. */
export async function bookIn(
  context: CommandContext,
  standings: readonly Standing[],
  { amounts, lines }: { amounts: Amounts; lines: readonly BudgetHoldLineTable[] },
): Promise<void> {
  for (const { budget, period, isStopped } of standings) {
    const line = lines.find((one) => one.budget_id === budget.id)
    const spent = amountOf(budget.metric, amounts)
    if (spent === 0 && !line) continue
    const after = afterSpending(period, { spent, released: line?.amount ?? 0 })
    const isWarning = after.is_warned === 0 && isNear(after, budget.warn_percent)
    await writePeriod(context, period, { ...after, is_warned: isWarning ? 1 : after.is_warned })
    if (isWarning) await warn(context, { budget, period: after, isStopped })
    if (!isUsedUp(after)) continue
    if (isPresent(after, context.now)) {
      if (!isStopped) context.limitReached(budget.id)
    } else if (!isUsedUp(period)) await noteLateBill(context, { budget, period: after, isStopped })
  }
}

/** A bill that comes late counts in its own period, and stops nobody in the present one. */
function isPresent({ starts_at: startsAt, ends_at: endsAt }: BudgetPeriodTable, now: string): boolean {
  return startsAt <= now && (endsAt === null || now < endsAt)
}

async function warn(context: CommandContext, { budget, period }: Standing): Promise<void> {
  const next = await updateBudget(context.tx, budget, { updated_at: context.now })
  if (!next) throw changedMeanwhile('budget', budget.id)
  context.emit('budget.warned', budgetRef(next), { ...aboutBudget(next), ...aboutPeriod(period) })
}
