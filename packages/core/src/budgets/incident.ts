import { eventActor, systemActor } from '../kernel/actor.ts'
import type { CommandContext } from '../kernel/command.ts'
import { aboutBudget, aboutPeriod } from './standing.ts'
import type { BudgetIncidentTable, Standing } from './table.ts'

/** Keeps that a limit was reached, and how the budget stood then. */
export async function insertIncident(
  { tx, companyId, now, newId }: CommandContext,
  { budget, period }: Standing,
  changes: Partial<BudgetIncidentTable>,
): Promise<BudgetIncidentTable> {
  const row: BudgetIncidentTable = {
    id: newId(),
    company_id: companyId,
    budget_id: budget.id,
    starts_at: period.starts_at,
    status: 'open',
    resolution: null,
    limit_amount: period.limit_amount,
    spent: period.spent,
    held: period.held,
    approval_id: null,
    resolved_by_kind: null,
    resolved_by_id: null,
    resolved_at: null,
    version: 1,
    created_at: now,
    updated_at: now,
    ...changes,
  }
  await tx.insertInto('budget_incidents').values(row).execute()
  return row
}

/** A bill that came late took a period that is over to its limit. There is nothing to stop, and so nothing to decide. */
export async function noteLateBill(context: CommandContext, standing: Standing): Promise<void> {
  const { budget, period } = standing
  const { kind, id } = eventActor(systemActor)
  const by = { resolved_by_kind: kind, resolved_by_id: id, resolved_at: context.now }
  const incident = await insertIncident(context, standing, { status: 'resolved', resolution: 'late_bill', ...by })
  const ref = { type: 'budgetIncident', id: incident.id, version: incident.version } as const
  context.emit('budget.exceeded', ref, { ...aboutBudget(budget), ...aboutPeriod(period), budgetId: budget.id })
}
