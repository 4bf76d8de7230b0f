import { changedMeanwhile } from '../kernel/change.ts'
import type { CommandContext } from '../kernel/command.ts'
import type { TaskTable } from '../tasks/table.ts'
import { chooseAgent, type RoutingDecision } from './choose.ts'
import { loadFacts, toRoutingTask } from './facts.ts'
import { passTurn } from './sql.ts'

/**
 * Decides who gets a task, by what is true now, for a caller that assigns it in the same transaction: where agents take
 * turns, the next one's turn comes.
 */
export async function routeTask(context: CommandContext, task: TaskTable): Promise<RoutingDecision> {
  const { tx, companyId, now } = context
  const facts = await loadFacts(tx, { companyId, projectId: task.project_id, now })
  const decision = chooseAgent(await toRoutingTask(tx, task), facts)
  const rule = facts.rules.find(({ id }) => id === decision.ruleId)
  if (rule && decision.agentId !== null && decision.takesTurn) {
    const turn = { companyId, ruleId: rule.id, from: rule.lastAgentId, to: decision.agentId }
    if (!(await passTurn(tx, turn))) throw changedMeanwhile('routing rule', rule.id)
  }
  return decision
}
