import type { Kysely, Transaction } from 'kysely'

import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { Location } from '../kernel/locate.ts'
import type { AgentTable } from './table.ts'

const agentById = statement((db, given: { id: string }) => db.selectFrom('agents').selectAll().where('id', '=', given.id))

export async function findAgent(db: Kysely<Database>, id: string): Promise<AgentTable | null> {
  return first(await agentById(db, { id }))
}

const agentForChange = statement((db, given: { id: string }) =>
  db.selectFrom('agents').selectAll().where('id', '=', given.id).forNoKeyUpdate(),
)

/** An agent whose row is ours until the transaction ends. */
export async function lockAgent(tx: Transaction<Database>, id: string): Promise<AgentTable | null> {
  return first(await agentForChange(tx, { id }))
}

export async function locateAgent(db: Kysely<Database>, id: string): Promise<Location | null> {
  const agent = await findAgent(db, id)
  return agent && { id: agent.id, companyId: agent.company_id, taskId: null, agentId: agent.id }
}

/** An agent of this company; null also when the id is another company's. */
export async function findColleague(db: Kysely<Database>, given: { companyId: string; agentId: string }): Promise<AgentTable | null> {
  const agent = await findAgent(db, given.agentId)
  return agent?.company_id === given.companyId ? agent : null
}

const countLease = statement((db, given: { companyId: string; agentId: string; change: number }) =>
  db
    .updateTable('agents')
    .set((e) => ({ live_runs: e('live_runs', '+', given.change) }))
    .where('company_id', '=', given.companyId)
    .where('id', '=', given.agentId),
)

const countLeaseAndCost = statement((db, given: AgentFigures & { month: string }) =>
  db
    .updateTable('agents')
    .set((e) => ({
      live_runs: e('live_runs', '+', given.change),
      cost_micros: e('cost_micros', '+', given.costMicros),
      // Months only go on, also where the clocks of two processes do not agree about midnight.
      cost_month: e.case().when('cost_month', '>=', given.month).then(e.ref('cost_month')).else(given.month).end(),
      cost_before_month: e.case().when('cost_month', '>=', given.month).then(e.ref('cost_before_month')).else(e.ref('cost_micros')).end(),
    }))
    .where('company_id', '=', given.companyId)
    .where('id', '=', given.agentId),
)

interface AgentFigures {
  companyId: string
  agentId: string
  /** By how many its live runs change. */
  change: number
  /** What was spent. */
  costMicros: number
}

/** Keeps an agent's number of live runs and what they cost: called for what a command said about leases and usage, and nowhere else. */
export async function countFigures(tx: Transaction<Database>, given: AgentFigures, now: string): Promise<void> {
  if (given.costMicros === 0) await countLease(tx, given)
  else await countLeaseAndCost(tx, { ...given, month: monthOf(now) })
}

/** The UTC month of a time, such as `2026-11`. Pure. */
export function monthOf(now: string): string {
  return now.slice(0, 7)
}

/** Changes an agent that is still at the version that was read; null when it is not. */
export async function updateAgent(tx: Transaction<Database>, agent: AgentTable, changes: Partial<AgentTable>): Promise<AgentTable | null> {
  const row = await tx
    .updateTable('agents')
    .set({ ...changes, version: agent.version + 1 })
    .where('company_id', '=', agent.company_id)
    .where('id', '=', agent.id)
    .where('version', '=', agent.version)
    .returningAll()
    .executeTakeFirst()
  return row ?? null
}
