import { requireAgent, setAgentStatus } from '../agents/change.ts'
import { agentMachine } from '../agents/machine.ts'
import { insertApproval } from '../approvals/change.ts'
import { findOpenApproval } from '../approvals/sql.ts'
import { companyMachine } from '../companies/machine.ts'
import { changeCompany, lockCompanyRow } from '../companies/sql.ts'
import type { CompanyTable } from '../companies/table.ts'
import { systemActor } from '../kernel/actor.ts'
import type { CommandContext } from '../kernel/command.ts'
import { cancelAndRelease } from '../runs/cancel.ts'
import type { RunTable } from '../runs/table.ts'
import { insertIncident } from './incident.ts'
import { proposedLimit } from './rules.ts'
import { findBudget } from './sql.ts'
import { aboutBudget, aboutPeriod, readStanding } from './standing.ts'
import type { BudgetIncidentTable, BudgetTable, Standing } from './table.ts'

/** Why a paused company or a cancelled run is that. */
export const budgetReason = 'budget'

/**
 * Stops all work in the scope of a budget that is used up: whatever is queued or runs there is cancelled, nothing more starts, and
 * somebody is asked, once. The company is ours alone for it, so of many that reach a limit at once one does it.
 */
export async function stopWork(context: CommandContext, budgetId: string): Promise<void> {
  await context.takeCompany()
  const budget = await findBudget(context.tx, budgetId)
  const company = await lockCompanyRow(context.tx, context.companyId)
  if (!budget || !company || company.status === 'archived') return
  const standing = await readStanding(context.tx, budget, context.now)
  if (standing.isStopped) return
  const { period } = standing
  await context.tx
    .insertInto('budget_stops')
    .values({
      company_id: budget.company_id,
      budget_id: budget.id,
      scope_id: budget.scope_id,
      starts_at: period.starts_at,
      ends_at: period.ends_at,
      created_at: context.now,
    })
    .execute()
  const incident = await openIncident(context, standing)
  const ids = { budgetId: budget.id, approvalId: incident.approval_id ?? '' }
  const ref = { type: 'budgetIncident', id: incident.id, version: incident.version } as const
  context.emit('budget.exhausted', ref, { ...aboutBudget(budget), ...aboutPeriod(period), ...ids })
  if (budget.agent_id !== null) await pauseAgent(context, budget.agent_id)
  if (budget.scope === 'company') await pauseCompany(context, company)
  for (const run of await runsOf(context, budget)) await cancelAndRelease(context, run, { verb: 'cancel', reason: budgetReason })
}

async function openIncident(context: CommandContext, standing: Standing): Promise<BudgetIncidentTable> {
  const given = { companyId: context.companyId, type: 'budget_override', subject: standing.budget.id } as const
  const approval = (await findOpenApproval(context.tx, given)) ?? (await askForMore(context, standing))
  return insertIncident(context, standing, { approval_id: approval.id })
}

/** Engine itself asks, whoever spent the last of it: an agent could take its own request back. */
function askForMore(context: CommandContext, { budget, period }: Standing) {
  return insertApproval(
    { ...context, actor: systemActor },
    {
      type: 'budget_override',
      subject: budget.id,
      payload: { budgetId: budget.id, ...aboutBudget(budget), ...aboutPeriod(period), proposedLimit: proposedLimit(period) },
      reason: 'The limit was reached; work in its scope has stopped.',
      taskId: null,
      agentId: budget.agent_id,
    },
  )
}

async function pauseAgent(context: CommandContext, agentId: string): Promise<void> {
  const agent = await requireAgent(context, agentId)
  if (!agentMachine.isLegal(agent.status, 'paused', 'pause')) return
  await setAgentStatus(context, agent, { to: 'paused', reason: budgetReason, pauseReason: 'budget' })
}

async function pauseCompany(context: CommandContext, company: CompanyTable): Promise<void> {
  if (!companyMachine.isLegal(company.status, 'paused', 'pause')) return
  const next = await changeCompany(context, company, { status: 'paused', pause_reason: budgetReason })
  const ref = { type: 'company', id: next.id, version: next.version } as const
  context.emit('company.status_changed', ref, { from: company.status, to: 'paused', reason: budgetReason })
}

/** What is queued or runs in the scope of a budget. */
async function runsOf({ tx, companyId }: CommandContext, budget: BudgetTable): Promise<RunTable[]> {
  const rows = tx
    .selectFrom('runs')
    .selectAll()
    .where('company_id', '=', companyId)
    .where('status', 'in', ['queued', 'running'])
    .orderBy('id')
  if (budget.agent_id !== null) return rows.where('agent_id', '=', budget.agent_id).execute()
  if (budget.task_id !== null) return rows.where('task_id', '=', budget.task_id).execute()
  if (budget.project_id === null) return rows.execute()
  const inProject = tx.selectFrom('tasks').select('id').where('company_id', '=', companyId).where('project_id', '=', budget.project_id)
  return rows.where('task_id', 'in', inProject).execute()
}
