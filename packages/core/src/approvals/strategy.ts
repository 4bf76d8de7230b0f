import { findColleague } from '../agents/sql.ts'
import { changeCompany, findCompany, lockCompanyRow } from '../companies/sql.ts'
import type { CommandContext } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { wake } from '../runs/wake.ts'
import { lockUnqueuedTasks } from './sql.ts'

/** Opens the gate of a company that waited for its first strategy; what was drafted meanwhile starts. */
export async function openStrategyGate(context: CommandContext, approvalId: string): Promise<void> {
  if ((await findCompany(context.tx, context.companyId))?.strategy_gate !== 'closed') return
  const tasks = await lockUnqueuedTasks(context.tx, { companyId: context.companyId })
  const company = await lockCompanyRow(context.tx, context.companyId)
  if (!company) throw notFound('company', context.companyId)
  const next = await changeCompany(context, company, { strategy_gate: 'open' })
  context.emit('company.strategy_approved', { type: 'company', id: next.id, version: next.version }, { approvalId })
  for (const task of tasks) {
    const { companyId } = context
    const agent = task.assignee_agent_id && (await findColleague(context.tx, { companyId, agentId: task.assignee_agent_id }))
    if (agent) await wake(context, { agent, task, reason: 'approval' })
  }
}
