import { sql, type Kysely } from 'kysely'
import { z } from 'zod'

import type { Database } from '../database/tables.ts'
import { decodeCursor, listOf, pageInput } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { TaskFilter, TaskOrigin, TaskPriority, TaskStatus, priorityRank } from './schema.ts'
import { filteredTaskId } from './sql.ts'
import type { TaskTable } from './table.ts'

/** What tasks can be listed by; each of these leads into an index, the others then choose among what it finds. */
export const taskFilters = {
  status: listOf(TaskStatus),
  priority: listOf(TaskPriority),
  assigneeAgentId: Id.optional(),
  assigneeUserId: Id.optional(),
  projectId: Id.optional(),
  sprintId: Id.optional(),
  goalId: Id.optional(),
  parentId: TaskFilter.optional(),
  labelId: Id.optional(),
  origin: TaskOrigin.optional(),
  isOverdue: z
    .union([z.boolean(), z.stringbool()])
    .optional()
    .describe('true: only open tasks whose due date was found to have passed; false: only others.'),
}

const ListInput = z.object({ ...taskFilters, ...pageInput })
export type ListInput = z.output<typeof ListInput>

/**
 * One row more than the page, in the order of ids. Where statuses or priorities alone choose, each is read for itself in the order
 * of its index, and no further than a page: together they would have to be sorted.
 */
export async function listTasks(db: Kysely<Database>, given: ListInput & { companyId: string }): Promise<TaskTable[]> {
  const parts = splitFilters({ ...given, parentId: await filteredTaskId(db, given.companyId, given.parentId) })
  const pages = await Promise.all(parts.map((part) => pageOfTasks(db, part).execute()))
  const [only = []] = pages
  if (pages.length === 1) return only
  return pages
    .flat()
    .toSorted((left, right) => (left.id < right.id ? -1 : 1))
    .slice(0, given.limit + 1)
}

type Filters = ListInput & { companyId: string }

/** One list for each status, or for each priority, where no other filter leads. Pure. */
function splitFilters(given: Filters): Filters[] {
  const { status, priority, limit: _, cursor: _cursor, companyId: _company, isOverdue, origin, ...others } = given
  const isLed = isOverdue === true || isRare(origin) || Object.values(others).some((value) => value !== undefined)
  if (!isLed && status && status.length > 1) return [...new Set(status)].map((each) => ({ ...given, status: [each] }))
  if (!isLed && !status && priority && priority.length > 1) return [...new Set(priority)].map((each) => ({ ...given, priority: [each] }))
  return [given]
}

function pageOfTasks(db: Kysely<Database>, given: Filters) {
  let rows = db
    .selectFrom('tasks')
    .selectAll('tasks')
    .where('tasks.company_id', '=', given.companyId)
    .where('tasks.deleted_at', 'is', null)
    .limit(given.limit + 1)
  for (const [column, value] of equalities(given)) rows = rows.where(column, '=', value)
  if (given.status)
    rows = given.status.length === 1 ? rows.where('status', '=', one(given.status)) : rows.where('status', 'in', given.status)
  const ranks = given.priority?.map(priorityRank)
  if (ranks) rows = ranks.length === 1 ? rows.where('priority', '=', one(ranks)) : rows.where('priority', 'in', ranks)
  if (given.origin) rows = rows.where('origin', '=', given.origin)
  // As the index of them says it, so that it is found.
  if (isRare(given.origin)) rows = rows.where('origin', '<>', sql.lit('manual'))
  if (given.isOverdue === true) rows = rows.where('overdue_at', 'is not', null).where(isOpen)
  if (given.isOverdue === false) rows = rows.where((e) => e.or([e('overdue_at', 'is', null), e.not(isOpen)]))
  const after = given.cursor && String(decodeCursor(given.cursor, ['id'])[0])
  if (given.labelId !== undefined) {
    const labelled = rows
      .innerJoin('task_labels', (join) =>
        join.onRef('task_labels.company_id', '=', 'tasks.company_id').onRef('task_labels.task_id', '=', 'tasks.id'),
      )
      .where('task_labels.company_id', '=', given.companyId)
      .where('task_labels.label_id', '=', given.labelId)
      .orderBy('task_labels.task_id')
    return after ? labelled.where('task_labels.task_id', '>', after) : labelled
  }
  const ordered = rows.orderBy('tasks.id')
  return after ? ordered.where('tasks.id', '>', after) : ordered
}

/** Most tasks are made by hand; only the others are worth an index. */
function isRare(origin: TaskOrigin | undefined): boolean {
  return origin !== undefined && origin !== 'manual'
}

const isOpen = sql<boolean>`status not in ('done', 'cancelled')`

function one<Value>([value]: readonly Value[]): Value {
  if (value === undefined) throw new Error('a filter names at least one value')
  return value
}

const columns = {
  assigneeAgentId: 'assignee_agent_id',
  assigneeUserId: 'assignee_user_id',
  projectId: 'project_id',
  sprintId: 'sprint_id',
  goalId: 'goal_id',
  parentId: 'parent_id',
} as const

function equalities(given: Filters) {
  // Object.entries forgets the keys that `columns` has.
  const names = Object.keys(columns) as (keyof typeof columns)[]
  return names.flatMap((name) => (given[name] === undefined ? [] : [[columns[name], given[name]] as const]))
}
