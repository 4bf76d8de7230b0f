import { sql, type Kysely, type Transaction } from 'kysely'

import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { DatabaseFamily } from '../ports/storage.ts'
import { noLiveOwner, noPendingDeliverable, noUnresolvedBlocker, notHeld, withinBudgets } from './checkout-guards.ts'
import type { TaskTable } from './table.ts'

/** Tasks that a checkout would take, in the order of work. */
function startable(db: Kysely<Database>, given: { companyId: string; agentId: string }, family: DatabaseFamily) {
  return db
    .selectFrom('tasks')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('status', '=', sql.lit('todo'))
    .where(notHeld)
    .where(noLiveOwner)
    .where(noUnresolvedBlocker)
    .where(noPendingDeliverable)
    .where((e) => withinBudgets(e, family === 'postgres' ? sql<string>`${given.agentId}::uuid` : sql<string>`${given.agentId}`))
    .orderBy('priority')
    .orderBy('id')
}

/** The first of them that nobody else is taking right now, ours until the transaction ends. */
function taken(rows: ReturnType<typeof startable>, family: DatabaseFamily) {
  const only = rows.limit(1)
  return family === 'postgres' ? only.forNoKeyUpdate().skipLocked() : only
}

const mine = statement((db, given: { companyId: string; agentId: string }, family) =>
  taken(startable(db, given, family).where('assignee_agent_id', '=', given.agentId), family),
)

const nobodys = statement((db, given: { companyId: string; agentId: string; capabilities: string }, family) =>
  taken(
    startable(db, given, family)
      .where('assignee_agent_id', 'is', null)
      .where('assignee_user_id', 'is', null)
      .where(
        family === 'postgres'
          ? sql<boolean>`required_capabilities <@ ${given.capabilities}::jsonb`
          : sql<boolean>`not exists (select 1 from json_each(tasks.required_capabilities) as required
              where required.value not in (select value from json_each(${given.capabilities})))`,
      ),
    family,
  ),
)

interface Seeker {
  readonly companyId: string
  readonly agentId: string
  /** JSON array of what it can do. */
  readonly capabilities: string
}

/** The most urgent task that an agent could start: of its own first, then of nobody's that it is able for. */
export async function takeStartable(tx: Transaction<Database>, { companyId, agentId, capabilities }: Seeker): Promise<TaskTable | null> {
  return first(await mine(tx, { companyId, agentId })) ?? first(await nobodys(tx, { companyId, agentId, capabilities }))
}
