import { sql, type ExpressionBuilder, type Kysely, type RawBuilder } from 'kysely'

import { withoutCooling, type Startable } from '../breakers/cooling.ts'
import { present } from '../database/open.ts'
import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { AdapterCatalog } from '../kernel/adapters.ts'
import type { DatabaseFamily } from '../ports/storage.ts'
import {
  noLiveOwner,
  companyLetsStart,
  hasFreeTaskSlot,
  noPendingDeliverable,
  noUnresolvedBlocker,
  notHeld,
  tasksUnderWay,
  withinBudgets,
} from '../tasks/checkout-guards.ts'
import { findTask } from '../tasks/sql.ts'
import { askedProfile } from './choose-adapter.ts'
import type { Profile } from './setups.ts'

type WithRuns = ExpressionBuilder<Database, 'runs' | 'tasks'>

/** The run's task could be checked out now, and the run is due. */
function isReady(e: WithRuns, given: { now: string; family: DatabaseFamily }) {
  return e.and([
    // A cross join: SQLite reads its tables in the order in which they are written, so the queue is read in the order of its index.
    e('tasks.company_id', '=', e.ref('runs.company_id')),
    e('tasks.id', '=', e.ref('runs.task_id')),
    e('runs.available_at', '<=', present(given.family, given.now)),
    e('tasks.status', '=', sql.lit('todo')),
    e.or([e('tasks.assignee_agent_id', 'is', null), e('tasks.assignee_agent_id', '=', e.ref('runs.agent_id'))]),
    // A person's task is checked out by hand.
    e('tasks.assignee_user_id', 'is', null),
    // The guards of a checkout look at tasks only.
    notHeld(e as unknown as ExpressionBuilder<Database, 'tasks'>),
    noLiveOwner(e as unknown as ExpressionBuilder<Database, 'tasks'>),
    noUnresolvedBlocker(e as unknown as ExpressionBuilder<Database, 'tasks'>),
    noPendingDeliverable(e as unknown as ExpressionBuilder<Database, 'tasks'>),
    withinBudgets(e as unknown as ExpressionBuilder<Database, 'tasks'>, e.ref('runs.agent_id')),
    isOurs(e),
  ])
}

/** Not a run that an agent who works by itself began: it goes on with its answer when that agent takes it again. */
function isOurs(e: WithRuns) {
  return e.or([
    e('runs.started_at', 'is', null),
    e('runs.adapter_type', 'is not', null),
    e.exists(
      e
        .selectFrom('agents as worker')
        .select('worker.id')
        .whereRef('worker.company_id', '=', 'runs.company_id')
        .whereRef('worker.id', '=', 'runs.agent_id')
        .where('worker.execution_mode', '=', sql.lit('auto')),
    ),
  ])
}

/** A run's place in the queue of all runs: the more urgent the smaller, then the older. */
const place = sql<string>`cast(runs.priority as text) || ' ' || cast(runs.id as text)`

/**
 * The agents for whom something is queued: from one to the next along the index of queues, by one look each, however much is queued
 * for them and however many have nothing. The next agent of the company, else the first of the next company: compared as a pair, SQLite would
 * read the company's queues from their beginning for each.
 */
function withQueues(db: Kysely<Database>) {
  const queued = sql.lit('queued' as const)
  return db.withRecursive('queues(company_id, agent_id)', (recursive) =>
    recursive
      .selectFrom('runs as first')
      .select(['first.company_id', 'first.agent_id'])
      .where('first.id', '=', (e) => inOrderOfQueues(e.selectFrom('runs').select('runs.id').where('runs.status', '=', queued)))
      .unionAll(
        recursive
          .selectFrom('queues')
          .crossJoin('runs as next')
          .select(['next.company_id', 'next.agent_id'])
          .where('next.id', '=', (e) => {
            const later = e.selectFrom('runs').select('runs.id').where('runs.status', '=', queued)
            const ofCompany = later.whereRef('runs.company_id', '=', 'queues.company_id').whereRef('runs.agent_id', '>', 'queues.agent_id')
            const ofOthers = later.whereRef('runs.company_id', '>', 'queues.company_id')
            return sql<string>`coalesce(${inOrderOfQueues(ofCompany)}, ${inOrderOfQueues(ofOthers)})`
          }),
      ),
  )
}

function inOrderOfQueues<
  Query extends { orderBy(column: 'runs.company_id' | 'runs.agent_id'): Query; limit(count: RawBuilder<number>): Query },
>(runs: Query): Query {
  return runs.orderBy('runs.company_id').orderBy('runs.agent_id').limit(sql.lit(1))
}

function agentsWithWork(adapterTypes: readonly string[]) {
  return statement((db, given: { now: string }, family) =>
    withQueues(db)
      .selectFrom('queues')
      // A cross join, so that SQLite begins with the queues.
      .crossJoin('agents')
      .innerJoin('companies', 'companies.id', 'agents.company_id')
      .whereRef('agents.company_id', '=', 'queues.company_id')
      .whereRef('agents.id', '=', 'queues.agent_id')
      .select(['agents.id', 'agents.company_id'])
      .select((e) => e.exists(e.selectFrom('breakers').select('status').where('status', '!=', sql.lit('closed'))).as('is_any_left_alone'))
      .select((e) => e('agents.max_concurrent_runs', '-', e.ref('agents.live_runs')).as('slots'))
      // Null where it is not limited, and then not counted.
      .select((e) => e('agents.max_concurrent_tasks', '-', tasksUnderWay(e)).as('task_slots'))
      .select((e) =>
        e
          .selectFrom('runs')
          .crossJoin('tasks')
          .select(place.as('place'))
          .whereRef('runs.company_id', '=', 'agents.company_id')
          .whereRef('runs.agent_id', '=', 'agents.id')
          .where('runs.status', '=', sql.lit('queued'))
          .where((run) => isReady(run, { now: given.now, family }))
          .orderBy('runs.priority')
          .orderBy('runs.id')
          .limit(sql.lit(1))
          .as('first_place'),
      )
      .where('agents.status', '=', sql.lit('idle'))
      .where(companyLetsStart)
      .where(hasFreeTaskSlot)
      .whereRef('agents.live_runs', '<', 'agents.max_concurrent_runs')
      .where('agents.adapter_type', 'in', adapterTypes),
  )
}

const readyRuns = statement((db, given: { companyId: string; agentId: string; now: string; limit: number }, family) =>
  db
    .selectFrom('runs')
    .crossJoin('tasks')
    .select(['runs.id', 'runs.task_id'])
    .select(place.as('place'))
    .where('runs.company_id', '=', given.companyId)
    .where('runs.agent_id', '=', given.agentId)
    .where('runs.status', '=', sql.lit('queued'))
    .where((e) => isReady(e, { now: given.now, family }))
    .orderBy('runs.priority')
    .orderBy('runs.id')
    .limit(given.limit),
)

/**
 * Finds queued runs that this process could start now, most urgent first, never more of an agent than it has free slots.
 * What cannot start (paused, full, blocked, not yet due, somebody else's, of an adapter that is not here, of a provider
 * that is left alone) is left out before runs are counted, so it takes no place from work that can. Each agent's queue is read in the order of its index and no
 * further than needed, so the cost does not grow with what is queued.
 */
export function claimableRuns(adapters: AdapterCatalog) {
  const findAgents = agentsWithWork(adapters.types)
  return async (db: Kysely<Database>, given: { now: string; limit: number }): Promise<string[]> => {
    if (adapters.types.length === 0) return []
    const agents = (await findAgents(db, { now: given.now })).filter((agent) => agent.first_place !== null)
    // The first runs of all are among the runs of those agents that come first themselves.
    const inOrder = agents.toSorted((left, right) => compare(left.first_place, right.first_place))
    const first = inOrder[0]?.is_any_left_alone ? await withoutCooling(db, inOrder, { adapters, ...given }) : inOrder.slice(0, given.limit)
    const queues = first.map(async ({ id, company_id: companyId, slots, task_slots, first_place: place, onlyFor }: Candidate) => {
      const limit = Math.min(slots, task_slots ?? slots, given.limit)
      // It was found with its agent.
      if (limit === 1 && !onlyFor) return [{ id: runAt(place), place }]
      const queue = { companyId, agentId: id, now: given.now }
      if (!onlyFor) return readyRuns(db, { ...queue, limit })
      const runs = await readyRuns(db, { ...queue, limit: mostAsked })
      return (await thoseThatAsk(db, runs, { agentId: id, profiles: onlyFor })).slice(0, limit)
    })
    const runs = (await Promise.all(queues)).flat().toSorted((left, right) => compare(left.place, right.place))
    return runs.slice(0, given.limit).map((run) => run.id)
  }
}

/** An agent with something to do, and what of it may start. */
type Candidate = Startable<AgentWithWork>

interface AgentWithWork {
  readonly id: string
  readonly company_id: string
  readonly slots: number
  readonly task_slots: number | null
  readonly first_place: string | null
}

/** The run that has a place. Pure. */
function runAt(place: string | null): string {
  return place?.split(' ')[1] ?? ''
}

/** How many runs of an agent are asked for their profile while its own providers are left alone. */
const mostAsked = 20

/** The runs whose tasks ask for one of these profiles. */
async function thoseThatAsk<Run extends { readonly task_id: string }>(
  db: Kysely<Database>,
  runs: readonly Run[],
  { agentId, profiles }: { agentId: string; profiles: readonly Profile[] },
): Promise<Run[]> {
  const asked = await Promise.all(
    runs.map(async (run) => {
      const task = await findTask(db, run.task_id)
      const profile = task && (await askedProfile(db, { task, agent: { id: agentId } }))
      return profile && profiles.includes(profile) ? [run] : []
    }),
  )
  return asked.flat()
}

function compare(left: string | null, right: string | null): number {
  return (left ?? '') < (right ?? '') ? -1 : 1
}
