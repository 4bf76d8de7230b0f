import type { Kysely } from 'kysely'

import type { Database } from '../database/tables.ts'
import { unexecutedTypes, type AdapterCatalog } from '../kernel/adapters.ts'
import { adapterTypesOf } from '../runs/setups.ts'
import { findTask } from '../tasks/sql.ts'
import { lateTypes, wantsCap } from './run-cap.ts'
import { mostNamed, type AgentsWithoutCap, type BudgetSet } from './schema.ts'
import { toBudget } from './show.ts'
import type { BudgetTable, Standing } from './table.ts'

/** Keeps a list from being empty, which is no SQL. */
const noType = ''

/**
 * Agents that Engine executes or may be told to, without a cap and perhaps with an adapter that tells only at its end what a run used:
 * people and agents that take work by their key are not executed.
 */
export function uncappedAgents(db: Kysely<Database>, adapters: AdapterCatalog) {
  return db
    .selectFrom('agents')
    .select(['agents.id', 'agents.company_id', 'agents.name', 'adapter_type', 'adapter_config', 'profiles', 'fallbacks'])
    .select('max_cost_micros_per_run')
    .where('agents.status', '<>', 'terminated')
    .where('max_cost_micros_per_run', 'is', null)
    .where('execution_mode', 'in', ['auto', 'manual'])
    .where('adapter_type', 'not in', unexecutedTypes)
    .where((e) => e.or([e('adapter_type', 'in', [noType, ...lateTypes(adapters)]), e('profiles', '<>', '{}'), e('fallbacks', '<>', '[]')]))
}

type Uncapped = Awaited<ReturnType<ReturnType<typeof uncappedAgents>['execute']>>[number]

/** By what an agent does not start under a hard limit of money. Pure. */
export function cappedTypesOf(agent: Uncapped, adapters: AdapterCatalog): string[] {
  return adapterTypesOf(agent).filter((type) => wantsCap(agent, type, adapters))
}

interface Catalogued {
  readonly adapters: AdapterCatalog
}

/** A budget with those whom it keeps from starting, so that whoever sets it learns of them before they stand still. */
export async function showWithAgents(db: Kysely<Database>, standing: Standing, { adapters }: Catalogued): Promise<BudgetSet> {
  return { ...toBudget(standing), ...(await readAgentsWithoutCap(db, standing.budget, adapters)) }
}

/** Of whom a run may be refused under this budget for want of a cap, as `capMissing` does. */
export async function readAgentsWithoutCap(db: Kysely<Database>, budget: BudgetTable, adapters: AdapterCatalog): Promise<AgentsWithoutCap> {
  const only = budget.is_hard === 1 && budget.metric === 'micros' ? await onlyAgentOf(db, budget) : null
  if (only === null) return { agentsWithoutCap: [], moreAgentsWithoutCap: 0 }
  const ofCompany = uncappedAgents(db, adapters).where('company_id', '=', budget.company_id).orderBy('name').orderBy('id')
  const agents = await (only === 'all' ? ofCompany : ofCompany.where('id', '=', only)).execute()
  const found = agents.flatMap((agent) => {
    const adapterTypes = cappedTypesOf(agent, adapters)
    return adapterTypes.length === 0 ? [] : [{ agentId: agent.id, name: agent.name, adapterTypes }]
  })
  return { agentsWithoutCap: found.slice(0, mostNamed), moreAgentsWithoutCap: Math.max(0, found.length - mostNamed) }
}

/** Whose runs a budget is over: anybody's may be over a company's or a project's. */
async function onlyAgentOf(db: Kysely<Database>, { scope, scope_id: scopeId }: BudgetTable): Promise<string | null> {
  if (scope === 'agent') return scopeId
  return scope === 'task' ? ((await findTask(db, scopeId))?.assignee_agent_id ?? null) : 'all'
}
