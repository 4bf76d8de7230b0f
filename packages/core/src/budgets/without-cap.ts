import type { Kysely } from 'kysely'

import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { AdapterCatalog } from '../kernel/adapters.ts'
import { adapterTypesOf } from '../runs/setups.ts'
import { findTask } from '../tasks/sql.ts'
import { wantsCap } from './run-cap.ts'
import type { AgentWithoutCap, BudgetShown } from './schema.ts'
import { toBudget } from './show.ts'
import type { BudgetTable, Standing } from './table.ts'

/** Whom Engine executes or may be told to, without a cap: people and agents that take work by their key are not executed. */
const uncapped = statement((db, given: { companyId: string }) =>
  db
    .selectFrom('agents')
    .select(['id', 'name', 'adapter_type', 'adapter_config', 'profiles', 'fallbacks', 'max_cost_micros_per_run'])
    .where('company_id', '=', given.companyId)
    .where('status', '<>', 'terminated')
    .where('max_cost_micros_per_run', 'is', null)
    .where('execution_mode', 'in', ['auto', 'manual'])
    .orderBy('name')
    .orderBy('id'),
)

interface Catalogued {
  readonly adapters: AdapterCatalog
}

/** A budget with those whom it keeps from starting, so that whoever sets it learns of them before they stand still. */
export async function showWithAgents(db: Kysely<Database>, standing: Standing, { adapters }: Catalogued): Promise<BudgetShown> {
  return { ...toBudget(standing), agentsWithoutCap: await agentsWithoutCap(db, standing.budget, adapters) }
}

/** Of whom a run may be refused under this budget for want of a cap, as `capMissing` does. */
async function agentsWithoutCap(db: Kysely<Database>, budget: BudgetTable, adapters: AdapterCatalog): Promise<AgentWithoutCap[]> {
  if (budget.is_hard === 0 || budget.metric !== 'micros') return []
  const only = await onlyAgentOf(db, budget)
  const agents = await uncapped(db, { companyId: budget.company_id })
  return agents
    .filter(({ id }) => only === 'all' || id === only)
    .map((agent) => ({
      agentId: agent.id,
      name: agent.name,
      adapterTypes: adapterTypesOf(agent).filter((type) => wantsCap(agent, type, adapters)),
    }))
    .filter(({ adapterTypes }) => adapterTypes.length > 0)
}

/** Whose runs a budget is over: anybody's may be over a company's or a project's. */
async function onlyAgentOf(db: Kysely<Database>, { scope, scope_id: scopeId }: BudgetTable): Promise<string | null> {
  if (scope === 'agent') return scopeId
  return scope === 'task' ? ((await findTask(db, scopeId))?.assignee_agent_id ?? null) : 'all'
}
