import { sql, type Kysely } from 'kysely'

import { tableOf } from '../database/open.ts'
import { first, rawStatement, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { isoTime } from '../ports/clock.ts'
import { priorityName } from '../tasks/schema.ts'
import type { TaskTable } from '../tasks/table.ts'
import type { Candidate } from './candidates.ts'
import type { AskedRule, RoutingFacts } from './choose.ts'
import type { RoutingTask } from './conditions.ts'
import { rulesOf } from './sql.ts'
import { toRule } from './table.ts'

/** How long a run counts for what an agent costs, and how many of the latest are looked at. */
const costsSinceMs = 30 * 24 * 60 * 60 * 1000
const mostRuns = 50

/** The index tasks_open_index has exactly these. */
const openTaskStatuses = ['todo', 'in_progress', 'in_review', 'blocked'] as const

const candidates = statement((db, given: { companyId: string }) =>
  db
    .selectFrom('agents')
    .select(['id', 'name', 'status', 'capabilities', 'tags', 'specializations', 'live_runs', 'max_concurrent_runs', 'max_concurrent_tasks'])
    .select((e) =>
      e
        .selectFrom('tasks')
        .select((count) => count.fn.countAll<number>().as('open'))
        .whereRef('tasks.company_id', '=', 'agents.company_id')
        .whereRef('tasks.assignee_agent_id', '=', 'agents.id')
        .where(
          'tasks.status',
          'in',
          openTaskStatuses.map((status) => sql.lit(status)),
        )
        .where('tasks.deleted_at', 'is', null)
        .as('open_tasks'),
    )
    .where('company_id', '=', given.companyId)
    .where('status', '<>', sql.lit('terminated' as const))
    .orderBy('id'),
)

/** What an agent's ended runs of late cost on the average; looks at its latest runs only, however many it had. */
const meanCosts = statement((db, given: { companyId: string; since: string }) => {
  const [agents, runs] = [tableOf(db, 'agents'), tableOf(db, 'runs')]
  return rawStatement<{ id: string; mean: number }>(
    db,
    sql`select a.id, (
        select cast(coalesce(avg(r.cost_micros), 0) as bigint) from (
          select cost_micros, started_at, finished_at from ${runs}
          where company_id = a.company_id and agent_id = a.id order by id desc limit ${sql.lit(mostRuns)}
        ) as r where r.started_at is not null and r.finished_at >= ${given.since}
      ) as mean
      from ${agents} as a where a.company_id = ${given.companyId} and a.status = 'idle'`,
  )
})

/** Every agent of a company that is not terminated, and how busy it is. */
export async function loadCandidates(db: Kysely<Database>, companyId: string): Promise<Candidate[]> {
  const rows = await candidates(db, { companyId })
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    status: row.status,
    capabilities: JSON.parse(row.capabilities),
    topics: [...JSON.parse(row.tags), ...JSON.parse(row.specializations)],
    openTasks: row.open_tasks ?? 0,
    liveRuns: row.live_runs,
    hasFreeSlot: row.live_runs < Math.min(row.max_concurrent_runs, row.max_concurrent_tasks ?? Infinity),
    meanCostMicros: 0,
  }))
}

const defaultAgents = statement((db, given: { companyId: string; projectId: string | null }) =>
  db
    .selectFrom('companies')
    .leftJoin('projects', (join) => join.onRef('projects.company_id', '=', 'companies.id').on('projects.id', '=', given.projectId))
    .select(['companies.default_agent_id as of_company', 'projects.default_agent_id as of_project'])
    .where('companies.id', '=', given.companyId),
)

/** Reads everything that the routing of a task of this project depends on; real routing and a dry run both begin here. */
export async function loadFacts(
  db: Kysely<Database>,
  given: { companyId: string; projectId: string | null; now: string },
): Promise<RoutingFacts> {
  const { companyId, projectId } = given
  const ofProject = projectId === null ? [] : await rulesOf(db, { companyId, projectId })
  const ofCompany = await rulesOf(db, { companyId, projectId: null })
  const rules: AskedRule[] = [...ofProject, ...ofCompany].filter((row) => row.is_enabled === 1).map(toRule)
  const agents = await loadCandidates(db, companyId)
  const defaults = first(await defaultAgents(db, { companyId, projectId }))
  return {
    candidates: rules.some((rule) => rule.strategy === 'cheapest') ? await withCosts(db, given, agents) : agents,
    rules,
    projectDefaultAgentId: defaults?.of_project ?? null,
    companyDefaultAgentId: defaults?.of_company ?? null,
  }
}

async function withCosts(db: Kysely<Database>, given: { companyId: string; now: string }, agents: Candidate[]): Promise<Candidate[]> {
  const since = isoTime(Date.parse(given.now) - costsSinceMs)
  const means = new Map((await meanCosts(db, { companyId: given.companyId, since })).map((row) => [row.id, row.mean]))
  return agents.map((agent) => ({ ...agent, meanCostMicros: means.get(agent.id) ?? 0 }))
}

const labelsOf = statement((db, given: { companyId: string; taskId: string }) =>
  db.selectFrom('task_labels').select('label_id').where('company_id', '=', given.companyId).where('task_id', '=', given.taskId),
)

type RoutedColumns = Pick<
  TaskTable,
  'id' | 'company_id' | 'priority' | 'tags' | 'is_labelled' | 'context' | 'required_capabilities' | 'preferred_agent_id'
>

/** A task of the database as routing sees it. */
export async function toRoutingTask(db: Kysely<Database>, task: RoutedColumns): Promise<RoutingTask> {
  const labels = task.is_labelled === 1 ? await labelsOf(db, { companyId: task.company_id, taskId: task.id }) : []
  return {
    priority: priorityName(task.priority),
    tags: JSON.parse(task.tags),
    labelIds: labels.map((row) => row.label_id),
    context: JSON.parse(task.context),
    requiredCapabilities: JSON.parse(task.required_capabilities),
    preferredAgentId: task.preferred_agent_id,
  }
}
