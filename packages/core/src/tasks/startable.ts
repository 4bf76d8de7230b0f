import { sql, type ExpressionBuilder, type Kysely, type RawBuilder, type Transaction } from 'kysely'

import { asUuid, tableOf } from '../database/open.ts'
import { first, rawStatement, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { DatabaseFamily } from '../ports/storage.ts'
import { noLiveOwner, noPendingDeliverable, noUnresolvedBlocker, notHeld, withinBudgets } from './checkout-guards.ts'
import type { TaskTable } from './table.ts'

/** Tasks of a company that a checkout would take, in the order of work. */
function startable(db: Kysely<Database>, companyId: string | RawBuilder<string>, agentId: RawBuilder<string>) {
  return db
    .selectFrom('tasks')
    .selectAll()
    .where('company_id', '=', companyId)
    .where('status', '=', sql.lit('todo'))
    .where(notHeld)
    .where(noLiveOwner)
    .where(noUnresolvedBlocker)
    .where(noPendingDeliverable)
    .where((e) => withinBudgets(e, agentId))
    .orderBy('priority')
    .orderBy('id')
}

/** The first of them that nobody else is taking right now, ours until the transaction ends. */
function taken(rows: ReturnType<typeof startable>, family: DatabaseFamily) {
  const only = rows.limit(1)
  return family === 'postgres' ? only.forNoKeyUpdate().skipLocked() : only
}

function unassigned(db: Kysely<Database>, companyId: string | RawBuilder<string>, agentId: RawBuilder<string>) {
  return startable(db, companyId, agentId).where('assignee_agent_id', 'is', null).where('assignee_user_id', 'is', null)
}

function ownOf(db: Kysely<Database>, given: { companyId: string; agentId: string }, family: DatabaseFamily) {
  return startable(db, given.companyId, asUuid(given.agentId, family)).where('assignee_agent_id', '=', given.agentId)
}

function nobodysOf(db: Kysely<Database>, given: Seeker, family: DatabaseFamily) {
  const able = family === 'postgres' ? sql`${given.capabilities}::jsonb` : sql`${given.capabilities}`
  return unassigned(db, given.companyId, asUuid(given.agentId, family)).where(needsOnly(able, family))
}

/** All that a task requires is among what somebody can do. */
function needsOnly(capabilities: RawBuilder<unknown>, family: DatabaseFamily) {
  return family === 'postgres'
    ? sql<boolean>`tasks.required_capabilities <@ ${capabilities}`
    : sql<boolean>`not exists (select 1 from json_each(tasks.required_capabilities) as required
        where required.value not in (select value from json_each(${capabilities})))`
}

/** Nobody is to start it already. */
function noQueuedRun(e: ExpressionBuilder<Database, 'tasks'>) {
  const queued = e
    .selectFrom('runs')
    .select('runs.id')
    .whereRef('runs.company_id', '=', 'tasks.company_id')
    .whereRef('runs.task_id', '=', 'tasks.id')
    // Written so that no index of statuses fits: the few runs of the task are looked at, and not all that are queued in the company.
    .where(sql<boolean>`runs.status || '' = 'queued'`)
  return e.not(e.exists(queued))
}

/** Of an agent: there is a task that it could start and that nobody is to start already. */
export function isOneFree(db: Kysely<Database>, family: DatabaseFamily) {
  const [companyId, agentId] = [sql<string>`agents.company_id`, sql<string>`agents.id`]
  const own = startable(db, companyId, agentId).where('assignee_agent_id', '=', agentId)
  const others = unassigned(db, companyId, agentId).where(needsOnly(sql`agents.capabilities`, family))
  const isThere = (rows: typeof own) => rows.where(noQueuedRun).clearSelect().clearOrderBy().select('tasks.id')
  return (e: ExpressionBuilder<Database, 'agents'>) => e.or([e.exists(isThere(own)), e.exists(isThere(others))])
}

const mine = statement((db, given: { companyId: string; agentId: string }, family) => taken(ownOf(db, given, family), family))

const nobodys = statement((db, given: Seeker, family) => taken(nobodysOf(db, given, family), family))

const mineUnqueued = statement((db, given: { companyId: string; agentId: string }, family) =>
  taken(ownOf(db, given, family).where(noQueuedRun), family),
)

const nobodysUnqueued = statement((db, given: Seeker, family) => taken(nobodysOf(db, given, family).where(noQueuedRun), family))

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

/** The same among those that nobody is to start already. */
export async function takeUnqueued(tx: Transaction<Database>, { companyId, agentId, capabilities }: Seeker): Promise<TaskTable | null> {
  return first(await mineUnqueued(tx, { companyId, agentId })) ?? first(await nobodysUnqueued(tx, { companyId, agentId, capabilities }))
}

/** One of several who ask at the same time. */
export interface Asking {
  readonly place: number
  readonly agent: string
  /** How many before it ask for the same agent. */
  readonly earlier: number
}

const mineOfEach = statement((db, given: { members: string; companyId: string }) => {
  const own = startable(db, sql<string>`m.company`, sql<string>`m.agent`)
    .clearSelect()
    .select('id')
    .where('assignee_agent_id', '=', sql<string>`m.agent`)
    .limit(1)
    .offset(sql<number>`m.earlier`)
    .forNoKeyUpdate()
    .skipLocked()
  return rawStatement<{ place: number; capabilities: string; task: string | null }>(
    db,
    sql`select m.place, a.capabilities, own.id as task
      from (select place, agent, earlier, ${given.companyId}::uuid as company
        from jsonb_to_recordset(${given.members}::jsonb) as k (place int, agent uuid, earlier int)) m
      join ${tableOf(db, 'agents')} a on a.company_id = m.company and a.id = m.agent
      left join lateral ${own} as own on true
      order by m.place`,
  )
})

// Whom each will be for is not known yet: in a company with hard budgets a claim goes the long way.
const nobodysFirst = statement((db, given: { companyId: string; limit: number }) =>
  unassigned(db, given.companyId, sql<string>`null::uuid`)
    .clearSelect()
    .select(['id', 'required_capabilities'])
    .limit(given.limit)
    .forNoKeyUpdate()
    .skipLocked(),
)

/**
 * The same for several agents of a company at once, on Postgres: to each another task, by place. Whoever finds nothing among the first
 * that are nobody's has to look by itself, since it may be able for a later one.
 */
export async function takeStartableOfEach(
  tx: Transaction<Database>,
  { companyId, asking }: { companyId: string; asking: readonly Asking[] },
): Promise<ReadonlyMap<number, string>> {
  const members = await mineOfEach(tx, { companyId, members: JSON.stringify(asking) })
  const found = new Map(members.flatMap(({ place, task }) => (task === null ? [] : [[place, task] as const])))
  const others = members.filter(({ task }) => task === null)
  if (others.length === 0) return found
  const free = (await nobodysFirst(tx, { companyId, limit: others.length })).map(({ id, required_capabilities: required }) => ({
    id,
    required: JSON.parse(required) as string[],
  }))
  for (const { place, capabilities } of others) {
    const able = new Set<string>(JSON.parse(capabilities))
    const fitting = free.findIndex(({ required }) => required.every((one) => able.has(one)))
    for (const { id } of fitting < 0 ? [] : free.splice(fitting, 1)) found.set(place, id)
  }
  return found
}
