import { freeOf } from './rules.ts'
import { microsPerCent, type Budget, type BudgetIncident } from './schema.ts'
import type { BudgetIncidentTable, Standing } from './table.ts'

export function toBudget({ budget, period, isStopped }: Standing): Budget {
  const { limit_amount: limit } = budget
  const isExhausted = isStopped || (budget.is_hard === 1 && period.spent >= limit)
  return {
    id: budget.id,
    companyId: budget.company_id,
    scope: budget.scope,
    scopeId: budget.scope_id,
    window: budget.time_window,
    metric: budget.metric,
    limit,
    limitCents: budget.metric === 'micros' ? limit / microsPerCent : null,
    warnPercent: budget.warn_percent,
    isHard: budget.is_hard === 1,
    period: { startsAt: period.starts_at, endsAt: period.ends_at },
    spent: period.spent,
    held: period.held,
    free: freeOf(period),
    status: isExhausted ? 'exhausted' : period.is_warned === 1 ? 'warned' : 'ok',
    isStopped,
    version: budget.version,
    createdAt: budget.created_at,
    updatedAt: budget.updated_at,
  }
}

export function toIncident(row: BudgetIncidentTable): BudgetIncident {
  const { resolved_by_kind: kind, resolved_by_id: id } = row
  return {
    id: row.id,
    companyId: row.company_id,
    budgetId: row.budget_id,
    periodStartsAt: row.starts_at,
    status: row.status,
    resolution: row.resolution,
    limit: row.limit_amount,
    spent: row.spent,
    held: row.held,
    approvalId: row.approval_id,
    resolvedBy: kind !== null && id !== null ? { kind, id } : null,
    resolvedAt: row.resolved_at,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
