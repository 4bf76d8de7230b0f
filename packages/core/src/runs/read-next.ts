import { sql, type Kysely } from 'kysely'

import { findAgent } from '../agents/sql.ts'
import type { AgentTable } from '../agents/table.ts'
import { capMissing } from '../budgets/run-cap.ts'
import type { Database } from '../database/tables.ts'
import { isExecuted, type AdapterCatalog } from '../kernel/adapters.ts'
import { ruleViolated, type EngineError } from '../kernel/errors.ts'
import { readCheckoutFacts } from '../tasks/checkout-facts.ts'
import { hindranceOf } from '../tasks/checkout-rules.ts'
import { findTask } from '../tasks/sql.ts'
import { adaptersOfWorkers, type Asking } from '../workers/queries.ts'
import { coolingOf } from './choose-adapter.ts'
import { hasNext, nextOf, type NextFacts } from './next.ts'
import type { RunNext } from './schema.ts'
import type { RunTable } from './table.ts'

interface Reading extends Asking {
  readonly companyId: string
  readonly adapters: AdapterCatalog
}

/** What happens next with one run; what keeps it from starting is decided as its claim would be. */
export async function readNext(db: Kysely<Database>, run: RunTable, reading: Reading): Promise<RunNext | null> {
  const { companyId, now, adapters } = reading
  if (!hasNext(run.status)) return null
  const task = await findTask(db, run.task_id)
  const known = (await tasksWithNewestRun(db, { companyId, taskIds: [run.task_id] })).get(run.task_id)
  const later = known ? laterThan(run, known) : null
  const starting = toStart(run, later)
  const agent = await findAgent(db, starting.agent_id)
  if (!task || !agent) return null
  const isToStart = run.status === 'queued' || run.status === 'waiting' || later?.status === 'queued'
  const refusal = isToStart ? hindranceOf(await readCheckoutFacts(db, { task, agent, now })) : null
  // An agent that works by its key asks before each call, and needs no worker.
  const isTakenByAgent = isTakenByItself(starting, agent)
  const ofWorkers = isToStart && !isTakenByAgent
  const missing = ofWorkers ? await capMissing(db, { task, agent, adapters, adapterType: agent.adapter_type }) : null
  const idle =
    ofWorkers && !refusal ? ((await coolingOf(db, { task, agent, adapters, now })) ?? (await unexecutable(agent, reading))) : null
  return nextOf({ run, task, agent, later, isTakenByAgent, hindrance: missing ?? refusal ?? idle })
}

/** Which run is to start: a queued one that comes after this one, as it was queued and by its own agent, or else this one. Pure. */
function toStart(run: RunTable, later: Later | null): Starting {
  return run.status === 'queued' || run.status === 'waiting' || later?.status !== 'queued' ? run : later
}

type Starting = Pick<RunTable, 'agent_id' | 'started_at' | 'adapter_type'>

/** Whether no worker takes a run: Engine does not execute its agent, or that began it by its key. Pure. */
function isTakenByItself(run: Starting, agent: Pick<AgentTable, 'adapter_type' | 'execution_mode'>): boolean {
  return !isExecuted(agent.adapter_type) || (run.started_at !== null && run.adapter_type === null && agent.execution_mode !== 'auto')
}

/** That nobody has the adapter of this agent, so that its runs wait until somebody has; null when somebody has one. */
async function unexecutable(agent: AgentTable, reading: Reading): Promise<EngineError | null> {
  // Its own adapter decides who takes its runs, whatever they are executed by then.
  const { adapter_type: type } = agent
  if (reading.adapters.types.includes(type) || (await adaptersOfWorkers(reading)).has(type)) return null
  const cure = `Start one that has it, or give ${agent.name} another adapter.`
  return ruleViolated(`No worker that takes runs has the adapter ${type} of ${agent.name}. ${cure}`, { agentId: agent.id })
}

/** The same for a page of runs, in three statements however many they are: without what keeps each from starting. */
export async function readNexts(
  db: Kysely<Database>,
  runs: readonly RunTable[],
  { companyId }: Pick<Reading, 'companyId'>,
): Promise<Map<string, RunNext | null>> {
  const asked = runs.filter(({ status }) => hasNext(status))
  if (asked.length === 0) return new Map()
  const tasks = await tasksWithNewestRun(db, { companyId, taskIds: asked.map((run) => run.task_id) })
  const found = asked.map((run) => {
    const task = tasks.get(run.task_id)
    const later = task ? laterThan(run, task) : null
    return { run, task, later, starting: toStart(run, later) }
  })
  const agents = await db
    .selectFrom('agents')
    .select(['id', 'name', 'status', 'error_message', 'execution_mode', 'adapter_type'])
    .where('company_id', '=', companyId)
    .where('id', 'in', [...new Set(found.map(({ starting }) => starting.agent_id))])
    .execute()
  const entries = found.map(({ run, task, later, starting }) => {
    const agent = agents.find(({ id }) => id === starting.agent_id)
    if (!task || !agent) return [run.id, null] as const
    return [run.id, nextOf({ run, task, agent, later, isTakenByAgent: isTakenByItself(starting, agent), hindrance: null })] as const
  })
  return new Map(entries)
}

type Later = NonNullable<NextFacts['later']> & Starting
type TaskWithNewestRun = NextFacts['task'] & { readonly newest: Later; readonly queued: Later | null }

/** Ids are in the order of time. What was queued before a run that its agent began by its key comes after that all the same. */
function laterThan(run: RunTable, { newest, queued }: TaskWithNewestRun): Later | null {
  if (newest.id > run.id) return newest
  return queued?.id === run.id ? null : queued
}

/** Tasks, the newest run of each and the one that is queued, found by looks into indexes, however many runs there are. */
async function tasksWithNewestRun(
  db: Kysely<Database>,
  { companyId, taskIds }: { companyId: string; taskIds: readonly string[] },
): Promise<Map<string, TaskWithNewestRun>> {
  const tasks = await db
    .selectFrom('tasks')
    .select(['id', 'identifier', 'status', 'blocked_reason', 'blocked_owner'])
    .select((e) =>
      e
        .selectFrom('runs')
        .select('runs.id')
        .whereRef('runs.company_id', '=', 'tasks.company_id')
        .whereRef('runs.task_id', '=', 'tasks.id')
        .orderBy('runs.id', 'desc')
        .limit(1)
        .as('newest_id'),
    )
    .select((e) =>
      e
        .selectFrom('runs')
        .select('runs.id')
        .whereRef('runs.company_id', '=', 'tasks.company_id')
        .whereRef('runs.agent_id', '=', 'tasks.assignee_agent_id')
        .whereRef('runs.task_id', '=', 'tasks.id')
        .where('runs.status', '=', sql.lit('queued'))
        .as('queued_id'),
    )
    .where('company_id', '=', companyId)
    .where('id', 'in', [...new Set(taskIds)])
    .execute()
  const found = await db
    .selectFrom('runs')
    .select(['id', 'status', 'available_at', 'agent_id', 'started_at', 'adapter_type'])
    .where('company_id', '=', companyId)
    .where(
      'id',
      'in',
      tasks.flatMap(({ newest_id: newest, queued_id: queued }) => [newest ?? [], queued ?? []].flat()),
    )
    .execute()
  const runs = new Map(found.map((run) => [run.id, run]))
  return new Map(
    tasks.flatMap(({ id, newest_id: newestId, queued_id: queuedId, ...task }) => {
      const newest = runs.get(newestId ?? '')
      return newest ? [[id, { ...task, newest, queued: runs.get(queuedId ?? '') ?? null }] as const] : []
    }),
  )
}
