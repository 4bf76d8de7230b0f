import { sql, type ExpressionBuilder, type Kysely, type RawBuilder } from 'kysely'

import { present } from '../database/open.ts'
import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
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

export function partsOf(place: string): [priority: string, id: string] {
  const [priority = '', id = ''] = place.split(' ')
  return [priority, id]
}

/** The run that has a place. Pure. */
export function runAt(place: string): string {
  return partsOf(place)[1]
}

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

/** The agents who may start something, each with the place of its first run. */
export function agentsWithWork(adapterTypes: readonly string[]) {
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

interface Queue {
  companyId: string
  agentId: string
  now: string
  limit: number
}

function readyOf(db: Kysely<Database>, given: Queue, family: DatabaseFamily) {
  return db
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
    .limit(given.limit)
}

/** What one agent may start. */
export const readyRuns = statement(readyOf)

/** The same without what a hard limit of money of its project or its task is over. */
export const runsBeyondLimits = statement((db, given: Queue, family) =>
  readyOf(db, given, family).where((e) =>
    e.not(
      e.exists(
        e
          .selectFrom('budgets as over')
          .select('over.id')
          .whereRef('over.company_id', '=', 'tasks.company_id')
          .where('over.is_hard', '=', sql.lit(1))
          .where('over.metric', '=', sql.lit('micros'))
          .where('over.removed_at', 'is', null)
          .where((of) => of.or([of('over.project_id', '=', of.ref('tasks.project_id')), of('over.task_id', '=', of.ref('tasks.id'))])),
      ),
    ),
  ),
)

interface Queues {
  /** As JSON, `[{ company_id, agent_id, priority, id }]`: each agent with the last place that is of interest. */
  agents: string
  now: string
  /** Of each queue at most. */
  limit: number
}

/**
 * What is first in several queues, in one statement, so that a server is asked once; each as JSON, a list of places. Knowing the places and the
 * limit, Postgres would think that planning anew for each look is worth it.
 */
export const firstPlaces = statement((db, given: Queues, family) =>
  db
    .selectFrom(askedQueues(given.agents, family))
    .select('asked.agent_id')
    .select((e) =>
      e
        .selectFrom(
          readyOfQueue(e, { now: given.now, family })
            .where(sql<boolean>`(runs.priority, runs.id) <= (asked.priority, asked.id)`)
            .orderBy('runs.priority')
            .orderBy('runs.id')
            .limit(sql<number>`(select ${given.limit}${family === 'postgres' ? sql`::bigint` : sql``})`)
            .as('ready'),
        )
        .select(
          family === 'postgres' ? sql<string | null>`json_agg(place)::text`.as('all') : sql<string>`json_group_array(place)`.as('all'),
        )
        .as('places'),
    ),
)

/**
 * The place of what has waited longest in each queue, among what is as urgent as asked for: every run that is put back begins to wait
 * anew, with an id of its own. `agents` as for `Queues`; each once for every priority, and the id says nothing.
 */
export const longestWaiting = statement((db, given: Pick<Queues, 'agents' | 'now'>, family) =>
  db
    .selectFrom(askedQueues(given.agents, family))
    .select('asked.agent_id')
    .select((e) =>
      readyOfQueue(e, { now: given.now, family })
        .whereRef('runs.priority', '=', 'asked.priority')
        .orderBy('runs.id')
        .limit(sql.lit(1))
        .as('place'),
    ),
)

/** The places of what could start of a queue that is asked for. */
function readyOfQueue(e: ExpressionBuilder<Database & { asked: AskedQueue }, 'asked'>, given: { now: string; family: DatabaseFamily }) {
  return e
    .selectFrom('runs')
    .crossJoin('tasks')
    .select(place.as('place'))
    .whereRef('runs.company_id', '=', 'asked.company_id')
    .whereRef('runs.agent_id', '=', 'asked.agent_id')
    .where('runs.status', '=', sql.lit('queued'))
    .where((run) => isReady(run, given))
}

interface AskedQueue {
  company_id: string
  agent_id: string
  priority: number
  id: string
}

function askedQueues(agents: string, family: DatabaseFamily) {
  const shape = family === 'postgres' ? sql`asked(company_id uuid, agent_id uuid, priority int, id uuid)` : sql.ref('asked')
  return asked(agents, family).as<'asked'>(shape)
}

function asked(agents: string, family: DatabaseFamily): RawBuilder<AskedQueue> {
  return family === 'postgres'
    ? sql`jsonb_to_recordset(${agents}::jsonb)`
    : sql`(select value ->> 'company_id' as company_id, value ->> 'agent_id' as agent_id, value ->> 'priority' as priority,
        value ->> 'id' as id from json_each(${agents}))`
}
