import type { CommandContext } from '../kernel/command.ts'
import { ruleViolated } from '../kernel/errors.ts'
import { warn } from './charge.ts'
import { letGoOn } from './resolve.ts'
import { isNear, isUsedUp, underLimit } from './rules.ts'
import { microsPerCent, type BudgetMetric } from './schema.ts'
import { lockPeriods, writeBudget } from './sql.ts'
import { aboutBudget, blankPeriod, budgetRef, readStanding, writePeriods } from './standing.ts'
import type { BudgetTable, Standing } from './table.ts'

interface Said {
  readonly limit?: number | undefined
  readonly limitCents?: number | undefined
}

/** A limit as it was said, in the unit of its metric; undefined when none was. @throws `rule_violated` */
export function saidLimit({ limit, limitCents }: Said, metric: BudgetMetric): number | undefined {
  if (limitCents === undefined) return limit
  if (limit !== undefined) throw ruleViolated('limitCents: say either limit or limitCents.')
  if (metric !== 'micros') throw ruleViolated(`limitCents: this budget counts ${metric}; say its limit in those.`, { metric })
  return limitCents * microsPerCent
}

/** Writes changes to a budget; work in its scope goes on where they allow more, or stops where nothing is left. */
export async function changeBudget(context: CommandContext, budget: BudgetTable, changes: Partial<BudgetTable>): Promise<Standing> {
  const next = await writeBudget(context, budget, changes)
  emitSet(context, next)
  const standing = await followPeriod(context, next)
  const { period, isStopped } = standing
  const isOver = isUsedUp(period)
  if (isOver) context.limitReached(next.id)
  // It may have stopped when hardly anything was left: then other terms alone leave no more.
  const isEased = next.limit_amount > budget.limit_amount || next.is_hard < budget.is_hard
  const wentOn = isStopped && !isOver && isEased && (await letGoOn(context, next, 'raised'))
  return { ...standing, isStopped: isOver || (isStopped && !wentOn) }
}

export function emitSet(context: CommandContext, budget: BudgetTable): void {
  const { limit_amount: limit, warn_percent: warnPercent, is_hard: isHard } = budget
  context.emit('budget.set', budgetRef(budget), { ...aboutBudget(budget), limit, warnPercent, isHard: isHard === 1 })
}

/** The present period of a budget is under its present limit, and warned of when that is near. */
async function followPeriod(context: CommandContext, budget: BudgetTable): Promise<Standing> {
  const standing = await readStanding(context.tx, budget, context.now)
  const { starts_at: startsAt } = blankPeriod(budget, new Date(context.now))
  const [period] = await lockPeriods(context.tx, { companyId: context.companyId, keys: [{ budgetId: budget.id, startsAt }] })
  if (!period) return standing
  const followed = underLimit(period, budget)
  // Under a higher limit there is something to warn of again.
  const next = { ...followed, is_warned: Number(isNear(followed, budget.warn_percent)) }
  await writePeriods(context, [{ before: period, after: next }])
  const isWarning = next.is_warned > period.is_warned
  return { ...standing, period: next, budget: isWarning ? await warn(context, budget, next) : budget }
}

/** Raises a limit. @throws `rule_violated` for one that lets nothing go on */
export async function raiseLimit(context: CommandContext, budget: BudgetTable, limit: number): Promise<Standing> {
  const { period } = await readStanding(context.tx, budget, context.now)
  if (limit <= budget.limit_amount)
    throw ruleViolated(`limit: the limit is ${budget.limit_amount}; to raise it, say more. To lower it, use budgets.set.`, {
      limit: budget.limit_amount,
    })
  if (limit <= period.spent)
    throw ruleViolated(`limit: ${period.spent} is spent already, so nothing would go on under ${limit}. Say more than that.`, {
      spent: period.spent,
    })
  return changeBudget(context, budget, { limit_amount: limit })
}
