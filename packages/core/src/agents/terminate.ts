import { changeCompany, lockCompanyRow } from '../companies/sql.ts'
import type { CommandContext } from '../kernel/command.ts'
import { changeProject, lockProjectsWithDefault } from '../projects/sql.ts'
import { setAgentStatus } from './change.ts'
import type { AgentTable } from './table.ts'

/** Ends an agent for good. The caller checked that the move is legal, and ended its runs. */
export async function terminateAgent(context: CommandContext, agent: AgentTable, reason: string): Promise<AgentTable> {
  const next = await setAgentStatus(context, agent, { to: 'terminated', reason })
  await clearDefaults(context, agent)
  return next
}

const cleared = { changed: ['defaultAgentId'], reason: 'agent_terminated' }

/** Nobody is a default agent any more who takes no tasks. Rules that name it stay, and show that they name somebody who is gone. */
async function clearDefaults(context: CommandContext, agent: AgentTable): Promise<void> {
  const { tx, companyId } = context
  const changes = { default_agent_id: null }
  for (const project of await lockProjectsWithDefault(tx, { companyId, agentId: agent.id })) {
    const next = await changeProject(context, project, changes)
    context.emit('project.updated', { type: 'project', id: next.id, version: next.version }, cleared)
  }
  const company = await lockCompanyRow(tx, companyId)
  if (company?.default_agent_id !== agent.id) return
  const next = await changeCompany(context, company, changes)
  context.emit('company.updated', { type: 'company', id: next.id, version: next.version }, cleared)
}
