import { putToWork } from '../agents/configure.ts'
import { findColleague } from '../agents/sql.ts'
import { approvalRef, aboutApproval, moveApproval } from '../approvals/change.ts'
import { findOpenApproval, lockUnqueuedTasks } from '../approvals/sql.ts'
import { changeCompany, lockCompanyRow } from '../companies/sql.ts'
import { eventActor } from '../kernel/actor.ts'
import { changedMeanwhile } from '../kernel/change.ts'
import type { CommandContext } from '../kernel/command.ts'
import { assertTransition } from '../kernel/transition.ts'
import { wake } from '../runs/wake.ts'
import { budgetIncidentMachine } from './machine.ts'
import { budgetReason } from './reach.ts'
import type { BudgetResolution } from './schema.ts'
import { findOpenIncident } from './sql.ts'
import { aboutBudget } from './standing.ts'
import type { BudgetIncidentTable, BudgetTable } from './table.ts'

const verbs = { raised: 'raise', kept_paused: 'keep', period_ended: 'end', removed: 'remove' } as const satisfies Record<Resolution, string>

/** How an open incident ends; one of a late bill never is open. */
type Resolution = Exclude<BudgetResolution, 'late_bill'>

/** Lets work in the scope of a budget go on, with its incident resolved and the request about it taken back, if there are any. @returns whether it was stopped */
export async function letGoOn(context: CommandContext, budget: BudgetTable, resolution: Resolution): Promise<boolean> {
  if (!(await endStop(context, budget, resolution))) return false
  if (budget.agent_id !== null) await resumeAgent(context, budget.agent_id)
  else if (budget.scope === 'company') await resumeCompany(context)
  if (budget.agent_id === null) await wakeTasks(context, budget)
  return true
}

/** Takes the stop of a budget away with its incident; whom it stopped stays so. @returns whether there was one */
export async function endStop(context: CommandContext, budget: BudgetTable, resolution: Resolution): Promise<boolean> {
  const stopped = await context.tx
    .deleteFrom('budget_stops')
    .where('company_id', '=', context.companyId)
    .where('budget_id', '=', budget.id)
    .returning('budget_id')
    .executeTakeFirst()
  await resolveIncident(context, budget, resolution)
  return stopped !== undefined
}

/** Says what became of the incident of a budget; work there stays as it is. */
export async function resolveIncident(context: CommandContext, budget: BudgetTable, resolution: Resolution): Promise<void> {
  const { companyId } = context
  const incident = await findOpenIncident(context.tx, { companyId, budgetId: budget.id })
  if (!incident) return
  assertTransition(budgetIncidentMachine, incident.status, { to: 'resolved', verb: verbs[resolution] })
  await closeIncident(context, incident, resolution)
  await takeBackRequest(context, budget, resolution)
  const data = { ...aboutBudget(budget), budgetId: budget.id, resolution }
  context.emit('budget.resolved', { type: 'budgetIncident', id: incident.id, version: incident.version + 1 }, data)
}

async function closeIncident(context: CommandContext, incident: BudgetIncidentTable, resolution: Resolution): Promise<void> {
  const { kind, id } = eventActor(context.actor)
  const closed = await context.tx
    .updateTable('budget_incidents')
    .set({
      status: 'resolved',
      resolution,
      resolved_by_kind: kind,
      resolved_by_id: id,
      resolved_at: context.now,
      version: incident.version + 1,
      updated_at: context.now,
    })
    .where('company_id', '=', context.companyId)
    .where('id', '=', incident.id)
    .where('version', '=', incident.version)
    .returning('id')
    .executeTakeFirst()
  if (!closed) throw changedMeanwhile('budget incident', incident.id)
}

/** What was asked for is decided otherwise; a decision about the request itself has moved it already. */
async function takeBackRequest(context: CommandContext, budget: BudgetTable, resolution: Resolution): Promise<void> {
  const open = await findOpenApproval(context.tx, { companyId: context.companyId, type: 'budget_override', subject: budget.id })
  if (!open) return
  const next = await moveApproval(context, open, { to: 'cancelled', verb: 'cancel', changes: { decision_note: resolution } })
  context.emit('approval.cancelled', approvalRef(next), { ...aboutApproval(next), note: resolution })
}

async function isStillStopped({ tx, companyId }: CommandContext, scopeId: string): Promise<boolean> {
  const stop = await tx
    .selectFrom('budget_stops')
    .select('budget_id')
    .where('company_id', '=', companyId)
    .where('scope_id', '=', scopeId)
    .executeTakeFirst()
  return stop !== undefined
}

async function resumeAgent(context: CommandContext, agentId: string): Promise<void> {
  const agent = await findColleague(context.tx, { companyId: context.companyId, agentId })
  if (agent?.status !== 'paused' || agent.pause_reason !== 'budget' || (await isStillStopped(context, agentId))) return
  await putToWork(context, agent, 'budget_resolved')
}

async function resumeCompany(context: CommandContext): Promise<void> {
  const company = await lockCompanyRow(context.tx, context.companyId)
  if (company?.status !== 'paused' || company.pause_reason !== budgetReason || (await isStillStopped(context, company.id))) return
  const next = await changeCompany(context, company, { status: 'active', pause_reason: null })
  const ref = { type: 'company', id: next.id, version: next.version } as const
  context.emit('company.status_changed', ref, { from: 'paused', to: 'active', reason: 'budget_resolved' })
}

/** What was queued when work stopped was cancelled, so it is queued anew. */
async function wakeTasks(context: CommandContext, budget: BudgetTable): Promise<void> {
  const { companyId } = context
  for (const task of await lockUnqueuedTasks(context.tx, { companyId, projectId: budget.project_id, taskId: budget.task_id })) {
    const agentId = task.assignee_agent_id
    const agent = agentId === null ? null : await findColleague(context.tx, { companyId, agentId })
    if (agent) await wake(context, { agent, task, reason: 'approval' })
  }
}
