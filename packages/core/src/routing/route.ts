import type { CommandContext } from '../kernel/command.ts'
import type { TaskTable } from '../tasks/table.ts'
import { chooseAgent, type Candidate, type RoutingDecision } from './choose.ts'

/** Decides who gets a task, from the company's agents as they are now. */
export async function routeTask(context: CommandContext, task: TaskTable): Promise<RoutingDecision> {
  const rows = await context.tx
    .selectFrom('agents')
    .select(['id', 'name', 'status', 'capabilities'])
    .select((e) =>
      e
        .selectFrom('tasks')
        .select((count) => count.fn.countAll<number>().as('open'))
        .whereRef('tasks.company_id', '=', 'agents.company_id')
        .whereRef('tasks.assignee_agent_id', '=', 'agents.id')
        .where('tasks.status', 'in', ['todo', 'in_progress', 'in_review', 'blocked'])
        .as('open_tasks'),
    )
    .where('company_id', '=', context.companyId)
    .orderBy('id')
    .execute()
  const candidates: Candidate[] = rows.map((row) => ({
    id: row.id,
    name: row.name,
    status: row.status,
    capabilities: JSON.parse(row.capabilities),
    openTasks: row.open_tasks ?? 0,
  }))
  return chooseAgent(
    { preferredAgentId: task.preferred_agent_id, requiredCapabilities: JSON.parse(task.required_capabilities) },
    candidates,
  )
}
