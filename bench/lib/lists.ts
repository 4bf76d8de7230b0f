import type { Engine } from '@engine/core'

import type { CompanySeed } from './seed-company.ts'
import type { SeedTarget } from './seed-target.ts'

interface ListPage {
  readonly items: readonly unknown[]
  readonly nextCursor: string | null
}

/** A list operation with a filter, as callers page through it. */
export interface ListCase {
  readonly name: string
  readonly table: string
  /** What it is sorted by, and which way. */
  readonly key: 'id' | 'seq'
  readonly isNewestFirst?: boolean
  /** SQL of its rows, without their company. */
  readonly where?: string
  /** The list whose first page it is compared with; its own when left out. */
  readonly like?: string
  /** No row fits: without an index for it, the page reads them all. */
  readonly isEmpty?: boolean
  page(engine: Engine, at: { limit: number; cursor?: string }): Promise<ListPage>
}

/** Every list of a company. */
function wholeLists(companyId: string): ListCase[] {
  const scope = { companyId }
  return [
    { name: 'tasks', table: 'tasks', key: 'id', page: (engine, at) => engine.tasks.list({ ...scope, ...at }) },
    { name: 'runs', table: 'runs', key: 'id', page: (engine, at) => engine.runs.list({ ...scope, ...at }) },
    { name: 'agents', table: 'agents', key: 'id', page: (engine, at) => engine.agents.list({ ...scope, ...at }) },
    { name: 'goals', table: 'goals', key: 'id', page: (engine, at) => engine.goals.list({ ...scope, ...at }) },
    { name: 'deliverables', table: 'deliverables', key: 'id', page: (engine, at) => engine.deliverables.list({ ...scope, ...at }) },
    { name: 'events', table: 'events', key: 'seq', page: (engine, at) => engine.events.list({ ...scope, ...at }) },
  ]
}

/** Every list operation, with each filter that an index should serve. */
export function listCases(seed: CompanySeed): ListCase[] {
  return [...wholeLists(seed.companyId), ...filteredTasks(seed), ...filteredRuns(seed), ...listsOfOneTask(seed)]
}

function filteredTasks({ companyId, parentTaskId, agentIds }: CompanySeed): ListCase[] {
  const [assigneeAgentId = ''] = agentIds
  const like = { table: 'tasks', like: 'tasks', key: 'id' } as const
  return [
    {
      ...like,
      name: 'tasks by status',
      where: `status = 'todo'`,
      page: (engine, at) => engine.tasks.list({ companyId, ...at, status: 'todo' }),
    },
    {
      ...like,
      name: 'tasks of an agent',
      where: `assignee_agent_id = '${assigneeAgentId}'`,
      page: (engine, at) => engine.tasks.list({ companyId, ...at, assigneeAgentId }),
    },
    {
      ...like,
      name: 'tasks of a parent',
      where: `parent_id = '${parentTaskId}'`,
      page: (engine, at) => engine.tasks.list({ companyId, ...at, parentId: parentTaskId }),
    },
  ]
}

function filteredRuns({ companyId, agentIds }: CompanySeed): ListCase[] {
  const [agentId = ''] = agentIds
  const like = { table: 'runs', like: 'runs', key: 'id' } as const
  return [
    {
      ...like,
      name: 'runs by status',
      where: `status = 'queued'`,
      page: (engine, at) => engine.runs.list({ companyId, ...at, status: 'queued' }),
    },
    {
      ...like,
      name: 'runs of an agent',
      where: `agent_id = '${agentId}'`,
      page: (engine, at) => engine.runs.list({ companyId, ...at, agentId }),
    },
  ]
}

function listsOfOneTask({ companyId, busyTaskId: taskId }: CompanySeed): ListCase[] {
  const ofTask = `task_id = '${taskId}'`
  return [
    {
      name: 'comments of a task',
      like: 'tasks',
      table: 'comments',
      key: 'id',
      where: ofTask,
      page: (engine, at) => engine.comments.list({ taskId, ...at }),
    },
    {
      name: 'deliverables of a task',
      like: 'deliverables',
      table: 'deliverables',
      key: 'id',
      where: ofTask,
      page: (engine, at) => engine.deliverables.list({ companyId, ...at, taskId }),
    },
    {
      name: 'events of a task',
      like: 'events',
      table: 'events',
      key: 'seq',
      isNewestFirst: true,
      where: `entity_id = '${taskId}'`,
      page: (engine, at) => engine.events.entity({ companyId, entityType: 'task', entityId: taskId, ...at }),
    },
  ]
}

/** First pages of what there is hardly any of: without an index for it, a page reads all rows. */
export function rareCases({ companyId, smallCompanyId }: CompanySeed): ListCase[] {
  return [
    ...wholeLists(smallCompanyId).map((list) => ({ ...list, like: list.name, name: `${list.name} of a small company` })),
    {
      name: 'tasks of a rare status',
      like: 'tasks',
      table: 'tasks',
      key: 'id',
      where: `status = 'blocked'`,
      page: (engine, at) => engine.tasks.list({ companyId, ...at, status: 'blocked' }),
    },
    ...rareTasks(companyId),
    {
      name: 'runs of a rare status',
      like: 'runs',
      table: 'runs',
      key: 'id',
      where: `status = 'failed'`,
      page: (engine, at) => engine.runs.list({ companyId, ...at, status: 'failed' }),
    },
  ]
}

/** Filters that few tasks fit, by their names. */
const fittedFilters = {
  'tasks of two statuses': { status: 'blocked,cancelled' },
  'tasks of two priorities': { priority: 'critical,low' },
  'tasks of a priority': { priority: 'critical' },
} as const

/** Filters that no task of the seed fits: it has nothing that they name. */
const unfittedFilters = {
  'tasks of a person': { assigneeUserId: '01890000-0000-7000-8000-000000000001' },
  'tasks of a project': { projectId: '01890000-0000-7000-8000-000000000001' },
  'tasks of a sprint': { sprintId: '01890000-0000-7000-8000-000000000001' },
  'tasks of a goal': { goalId: '01890000-0000-7000-8000-000000000001' },
  'tasks with a label': { labelId: '01890000-0000-7000-8000-000000000001' },
  'overdue tasks': { isOverdue: true },
  'tasks of an origin': { origin: 'routine' },
} as const

export const rareTaskFilters = { ...fittedFilters, ...unfittedFilters } as const

function rareTasks(companyId: string): ListCase[] {
  return Object.entries(rareTaskFilters).map(([name, filter]) => ({
    name,
    like: 'tasks',
    table: 'tasks',
    key: 'id',
    isEmpty: name in unfittedFilters,
    page: (engine, at) => engine.tasks.list({ companyId, ...at, ...filter }),
  }))
}

/** The cursor of a page that begins after nine tenths of the rows. */
export async function deepCursor(target: SeedTarget, list: ListCase, companyId: string): Promise<string> {
  const { key, where = 'true', isNewestFirst = false } = list
  const rows = `${target.table(list.table)} where company_id = '${companyId}' and ${where}`
  const [counted] = await target.read(`select count(*) as total from ${rows}`)
  const offset = Math.floor(Number(counted?.['total']) * 0.9)
  const [row] = await target.read(`select ${key} from ${rows} order by ${key} ${isNewestFirst ? 'desc' : ''} limit 1 offset ${offset}`)
  // As a list writes it; one that it cannot read it refuses.
  return Buffer.from(JSON.stringify([row?.[key]])).toString('base64url')
}
