import type { Kysely, Transaction } from 'kysely'

import { rowById } from '../database/row-by-id.ts'
import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { locatedRows } from '../kernel/located.ts'
import type { AgentTable } from './table.ts'

export const findAgent = rowById('agents')

const agentForChange = statement((db, given: { id: string }) =>
  db.selectFrom('agents').selectAll().where('id', '=', given.id).forNoKeyUpdate(),
)

/** An agent whose row is ours until the transaction ends. */
export async function lockAgent(tx: Transaction<Database>, id: string): Promise<AgentTable | null> {
  return first(await agentForChange(tx, { id }))
}

export const locatedAgents = locatedRows(findAgent, (agent) => ({ agentId: agent.id }))

/** An agent of this company; null also when the id is another company's. */
export async function findColleague(db: Kysely<Database>, given: { companyId: string; agentId: string }): Promise<AgentTable | null> {
  const agent = await findAgent(db, given.agentId)
  return agent?.company_id === given.companyId ? agent : null
}

const countLeases = statement((db, given: { companyId: string; agentId: string; change: number }) =>
  db
    .updateTable('agents')
    .set((e) => ({ live_runs: e('live_runs', '+', given.change) }))
    .where('company_id', '=', given.companyId)
    .where('id', '=', given.agentId),
)

/** Keeps an agent's number of live runs: called for what a command said about leases, and nowhere else. */
export async function countLiveRuns(
  tx: Transaction<Database>,
  given: { companyId: string; agentId: string; change: number },
): Promise<void> {
  await countLeases(tx, given)
}
