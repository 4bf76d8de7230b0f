import type { Kysely } from 'kysely'

import { managersOf } from '../agents/tree.ts'
import { findOpenApproval } from '../approvals/sql.ts'
import type { Database } from '../database/tables.ts'
import { EngineError } from '../kernel/errors.ts'
import type { Spender } from './amounts.ts'
import { budgetErrors } from './errors.ts'
import { freeOf } from './rules.ts'
import type { BudgetMetric } from './schema.ts'
import { budgetsOver } from './sql.ts'
import { readStanding } from './standing.ts'
import type { BudgetPeriodTable, BudgetTable, Standing } from './table.ts'

/** Refuses what a budget does not allow: says which, how it stands, and who can raise it. `needed` is null when nothing of it starts at all. */
export async function budgetExceeded(db: Kysely<Database>, standing: Standing, needed: number | null): Promise<EngineError> {
  const { budget, period } = standing
  const { company_id: companyId, metric } = budget
  const free = freeOf(period)
  const approval = await findOpenApproval(db, { companyId, type: 'budget_override', subject: budget.id })
  const managerAgentIds = budget.agent_id === null ? [] : await managersOf(db, { companyId, agentId: budget.agent_id })
  const name = await nameOf(db, budget)
  const used = `${shown(metric, period.spent)} of ${shown(metric, period.limit_amount)} spent, ${shown(metric, period.held)} held, ${shown(metric, free)} free`
  const problem = needed === null || free === 0 ? 'is used up' : `has no ${shown(metric, needed)} left`
  return new EngineError(
    budgetErrors.budget_exceeded,
    `The budget of ${name} (${windows[budget.time_window]}) ${problem}: ${used}. ${untilWhen(period)}; ${raisers(managerAgentIds)} can raise it before.`,
    {
      details: {
        budgetId: budget.id,
        scope: budget.scope,
        scopeId: budget.scope_id,
        window: budget.time_window,
        metric,
        limit: period.limit_amount,
        spent: period.spent,
        held: period.held,
        free,
        needed,
        windowEndsAt: period.ends_at,
        raise: { operation: 'budgets.raise', path: `/api/budgets/${budget.id}/raise`, roles: ['admin', 'owner'], managerAgentIds },
        approvalId: approval?.id ?? null,
      },
    },
  )
}

/** Why nothing may start: a budget over it is used up; null when none is. */
export async function stoppedBy(db: Kysely<Database>, spender: Spender, now: string): Promise<EngineError | null> {
  const stopped = (await budgetsOver(db, spender)).find(({ stopped_at: stoppedAt }) => stoppedAt !== null)
  if (!stopped) return null
  const { stopped_at: _, most_per_run: __, ...budget } = stopped
  return budgetExceeded(db, await readStanding(db, budget, now), null)
}

const windows = { month_utc: 'this month in UTC', day: 'this day in UTC', lifetime: 'for good' } as const

function raisers(managerAgentIds: readonly string[]): string {
  return managerAgentIds.length > 0 ? 'an admin, an owner, or a manager above that agent' : 'an admin or an owner'
}

function untilWhen({ limit_amount: limit, ends_at: endsAt }: BudgetPeriodTable): string {
  if (limit === 0) return 'It allows nothing at any time'
  return endsAt === null ? 'It never begins anew' : `It begins anew at ${endsAt}`
}

/** An amount as people read it. Pure. */
export function shown(metric: BudgetMetric, amount: number): string {
  if (metric === 'micros') return `$${(amount / 1_000_000).toFixed(amount % 10_000 === 0 ? 2 : 6)}`
  return metric === 'wallMs' ? `${amount} ms` : `${amount} ${metric}`
}

/** What people call the scope of a budget. */
async function nameOf(db: Kysely<Database>, { company_id: companyId, scope, scope_id: id }: BudgetTable): Promise<string> {
  switch (scope) {
    case 'company':
      return 'the company'
    case 'agent': {
      const row = await db.selectFrom('agents').select('name').where('company_id', '=', companyId).where('id', '=', id).executeTakeFirst()
      return `the agent ${row?.name ?? id}`
    }
    case 'project': {
      const row = await db.selectFrom('projects').select('name').where('company_id', '=', companyId).where('id', '=', id).executeTakeFirst()
      return `the project ${row?.name ?? id}`
    }
    case 'task': {
      const row = await db
        .selectFrom('tasks')
        .select('identifier')
        .where('company_id', '=', companyId)
        .where('id', '=', id)
        .executeTakeFirst()
      return `the task ${row?.identifier ?? id}`
    }
  }
}
