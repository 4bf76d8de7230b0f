import type { Kysely } from 'kysely'

import { mostNamed, type AgentWithoutCap } from '../budgets/schema.ts'
import { cappedTypesOf, uncappedAgents } from '../budgets/without-cap.ts'
import type { Database } from '../database/tables.ts'
import type { AdapterCatalog } from '../kernel/adapters.ts'
import { inRanges, type Range } from './check.ts'

/** Whom hard limits of money keep from starting, in all companies; of many the first that were made, and how many more there are. */
export interface UncappedAgents {
  readonly agentsWithoutCap: readonly (AgentWithoutCap & { readonly companyName: string })[]
  readonly moreAgentsWithoutCap: number
}

/** As `budgets.agentsWithoutCap` of every budget, each agent once. */
export async function findUncapped(db: Kysely<Database>, adapters: AdapterCatalog): Promise<UncappedAgents> {
  const agentsWithoutCap = []
  let count = 0
  for await (const agent of inRanges(db, 'agents', (range) => underLimits(db, adapters, range))) {
    const adapterTypes = cappedTypesOf(agent, adapters)
    if (adapterTypes.length === 0) continue
    count += 1
    if (count <= mostNamed) agentsWithoutCap.push({ agentId: agent.id, name: agent.name, adapterTypes, companyName: agent.company_name })
  }
  return { agentsWithoutCap, moreAgentsWithoutCap: count - agentsWithoutCap.length }
}

function underLimits(db: Kysely<Database>, adapters: AdapterCatalog, { above, upTo }: Range) {
  return uncappedAgents(db, adapters)
    .innerJoin('companies', 'companies.id', 'agents.company_id')
    .select('companies.name as company_name')
    .where('companies.status', '<>', 'archived')
    .where('agents.id', '>', above)
    .where('agents.id', '<=', upTo)
    .where((e) =>
      e.exists(
        e
          .selectFrom('budgets as budget')
          .select('budget.id')
          .whereRef('budget.company_id', '=', 'agents.company_id')
          .where('budget.is_hard', '=', 1)
          .where('budget.metric', '=', 'micros')
          .where('budget.removed_at', 'is', null)
          .where((of) =>
            of.or([
              of('budget.scope', 'in', ['company', 'project']),
              of('budget.agent_id', '=', of.ref('agents.id')),
              of(
                'budget.task_id',
                'in',
                of
                  .selectFrom('tasks')
                  .select('tasks.id')
                  .whereRef('tasks.company_id', '=', 'agents.company_id')
                  .whereRef('tasks.assignee_agent_id', '=', 'agents.id'),
              ),
            ]),
          ),
      ),
    )
    .execute()
}
