import type { CommandContext } from '../kernel/command.ts'
import { amountOf, nothing, type Amounts, type Spender } from './amounts.ts'
import { bookIn, chargeBudgets } from './charge.ts'
import { budgetExceeded } from './exceeded.ts'
import { freeOf } from './rules.ts'
import { endHold, holdLines, lockHold, lockPeriods } from './sql.ts'
import { lockStandings, writePeriods } from './standing.ts'
import type { BudgetHoldLineTable, BudgetHoldTable, BudgetPeriodTable, BudgetTable, Standing } from './table.ts'

interface HoldRequest extends Spender {
  readonly runId: string
  readonly agentId: string
  readonly taskId: string
  readonly kind: BudgetHoldTable['kind']
  /** What is called, where it is held for a call. */
  readonly called?: { readonly provider: string; readonly model: string }
  /** What must be free of each budget. */
  readonly amounts: Amounts
  /** What is held of a budget at most, where that may be less than all that is free; a run is held its share of. */
  readonly upTo?: Partial<Amounts>
}

export type HoldRow = BudgetHoldTable

/**
 * Sets aside what a call or a run may use of every hard budget over it, or of none. Null when there is no such budget.
 * @throws `budget_exceeded`
 */
export async function holdMoney(context: CommandContext, request: HoldRequest): Promise<HoldRow | null> {
  const standings = await lockStandings(context, request, { at: new Date(context.now), hardOnly: true })
  if (standings.length === 0) return null
  const taken = [...mostOf(standings, request)]
  for (const { standing, amount } of taken) {
    const needed = Math.max(amountOf(standing.budget.metric, request.amounts), amount)
    if (standing.isStopped || amount > freeOf(standing.period)) throw await budgetExceeded(context.tx, standing, needed)
  }
  const row = holdRow(context, request, taken)
  await context.tx.insertInto('budget_holds').values(row).execute()
  const changed = taken.filter(({ amount }) => amount > 0)
  await writePeriods(
    context,
    changed.map(({ standing: { period }, amount }) => ({ before: period, after: { ...period, held: period.held + amount } })),
  )
  await insertLines(context, row, taken)
  return row
}

interface Taken {
  readonly standing: Standing
  readonly amount: number
}

/** How much is taken of each budget: what is asked for, or the smallest part that is free of all that count the same, up to a bound. */
function mostOf(standings: readonly Standing[], { amounts, upTo = {} }: HoldRequest): Taken[] {
  return standings.map((standing) => {
    const { metric } = standing.budget
    const bound = amountOf(metric, { ...nothing, ...upTo })
    if (bound === 0) return { standing, amount: amountOf(metric, amounts) }
    const free = standings.filter(({ budget }) => budget.metric === metric).map(({ period }) => freeOf(period))
    // Of nothing that is free at least one is asked for, so that it is refused.
    return { standing, amount: Math.max(1, Math.min(bound, ...free)) }
  })
}

function holdRow(context: CommandContext, request: HoldRequest, taken: readonly Taken[]): BudgetHoldTable {
  // Of what is asked for call by call, nothing is held for the run as a whole.
  const capOf = (metric: BudgetTable['metric']) => taken.find(({ standing }) => standing.budget.metric === metric)?.amount || null
  return {
    id: context.newId(),
    company_id: context.companyId,
    run_id: request.runId,
    agent_id: request.agentId,
    project_id: request.projectId,
    task_id: request.taskId,
    kind: request.kind,
    status: 'open',
    cost_micros: capOf('micros'),
    tokens: capOf('tokens'),
    wall_ms: capOf('wallMs'),
    admitted_at: context.now,
    ended_at: null,
    provider: request.called?.provider ?? null,
    model: request.called?.model ?? null,
    version: 1,
  }
}

async function insertLines(context: CommandContext, hold: BudgetHoldTable, taken: readonly Taken[]): Promise<void> {
  const lines = taken.flatMap(({ standing, amount }): BudgetHoldLineTable[] =>
    amount === 0
      ? []
      : [
          {
            company_id: hold.company_id,
            hold_id: hold.id,
            budget_id: standing.budget.id,
            starts_at: standing.period.starts_at,
            amount,
          },
        ],
  )
  if (lines.length > 0) await context.tx.insertInto('budget_hold_lines').values(lines).execute()
}

/**
 * Ends a hold with what was used, in the period in which it was taken, whatever the time is now. Exactly once: what comes for one
 * that has expired meanwhile is a late bill, and is booked as such.
 */
export async function postHold(context: CommandContext, holdId: string, actual: Amounts): Promise<null> {
  const { companyId } = context
  const hold = await lockHold(context.tx, { companyId, id: holdId })
  if (!hold || (await end(context, hold, { status: 'posted', actual }))) return null
  if (hold.status === 'expired') await chargeBudgets(context, [{ ...spenderOf(hold), amounts: actual, at: new Date(hold.admitted_at) }])
  return null
}

/** Ends a hold of which nothing was used. */
export async function releaseHold(context: CommandContext, holdId: string): Promise<void> {
  const hold = await lockHold(context.tx, { companyId: context.companyId, id: holdId })
  if (hold) await end(context, hold, { status: 'released', actual: nothing })
}

/** Ends a hold whose run is over, which will not say any more what it used. */
export async function expireHold(context: CommandContext, hold: BudgetHoldTable): Promise<void> {
  await end(context, hold, { status: 'expired', actual: nothing })
}

async function end(
  context: CommandContext,
  hold: BudgetHoldTable,
  { status, actual }: { status: BudgetHoldTable['status']; actual: Amounts },
): Promise<boolean> {
  const { tx, companyId, now } = context
  if (!(await endHold(tx, { companyId, id: hold.id, status, now }))) return false
  const lines = await holdLines(tx, { companyId, holdId: hold.id })
  const standings = await lockStandings(context, spenderOf(hold), { at: new Date(hold.admitted_at) })
  await bookIn(context, standings, { amounts: actual, lines })
  const removed = lines.filter((line) => !standings.some(({ budget }) => budget.id === line.budget_id))
  if (removed.length > 0) await giveBack(context, removed)
  return true
}

/** What was held of budgets that are not there any more. */
async function giveBack(context: CommandContext, lines: readonly BudgetHoldLineTable[]): Promise<void> {
  const { tx, companyId } = context
  const keys = lines.map(({ budget_id: budgetId, starts_at: startsAt }) => ({ budgetId, startsAt }))
  const periods = await lockPeriods(tx, { companyId, keys })
  const amountIn = ({ budget_id: id }: BudgetPeriodTable) => lines.find((line) => line.budget_id === id)?.amount ?? 0
  await writePeriods(
    context,
    periods.map((period) => ({ before: period, after: { ...period, held: period.held - amountIn(period) } })),
  )
}

/** Moves what a run used so far from what is held for it to what is spent; the hold goes on with the rest. @returns what is left of it */
export async function drawFromHold(context: CommandContext, hold: BudgetHoldTable, used: Amounts): Promise<HoldRest> {
  const { tx, companyId } = context
  const lines = await holdLines(tx, { companyId, holdId: hold.id })
  const standings = await lockStandings(context, spenderOf(hold), { at: new Date(hold.admitted_at) })
  const drawn = lines.flatMap((line) => {
    const metric = standings.find(({ budget }) => budget.id === line.budget_id)?.budget.metric
    return metric === undefined
      ? []
      : [{ ...line, amount: Math.min(line.amount, amountOf(metric, used)), rest: line.amount - amountOf(metric, used) }]
  })
  await bookIn(context, standings, { amounts: used, lines: drawn })
  for (const { rest: _, ...line } of drawn) if (line.amount > 0) await shortenLine(context, line)
  const restOf = (metric: BudgetTable['metric']) => {
    const ofMetric = drawn.filter(({ budget_id: id }) => standings.some(({ budget }) => budget.id === id && budget.metric === metric))
    return ofMetric.length === 0 ? null : Math.min(...ofMetric.map(({ rest }) => rest))
  }
  return { costMicros: restOf('micros'), tokens: restOf('tokens') }
}

/** What is left for a run; null where no budget counts that. Below zero when it used more than it might. */
export interface HoldRest {
  readonly costMicros: number | null
  readonly tokens: number | null
}

async function shortenLine(context: CommandContext, line: BudgetHoldLineTable): Promise<void> {
  await context.tx
    .updateTable('budget_hold_lines')
    .set((e) => ({ amount: e('amount', '-', line.amount) }))
    .where('company_id', '=', context.companyId)
    .where('hold_id', '=', line.hold_id)
    .where('budget_id', '=', line.budget_id)
    .execute()
}

function spenderOf({ company_id: companyId, agent_id: agentId, project_id: projectId, task_id: taskId }: BudgetHoldTable): Spender {
  return { companyId, agentId, projectId, taskId }
}
