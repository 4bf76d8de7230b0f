import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely'

import { tableOf } from '../database/open.ts'
import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { locatedRows } from '../kernel/located.ts'
import type { Location } from '../kernel/locate.ts'
import { noUnresolvedBlocker, notHeld } from './checkout-guards.ts'
import { taskMachine } from './machine.ts'
import type { TaskTable } from './table.ts'

const taskById = statement((db, given: { id: string }) => db.selectFrom('tasks').selectAll().where('id', '=', given.id))
const taskByIdentifier = statement((db, given: { identifier: string }) =>
  db.selectFrom('tasks').selectAll().where('identifier', '=', given.identifier),
)

/** A task by its id or its identifier (`ACM-42`, in any case); a deleted one is found by nobody. */
export async function findTask(db: Kysely<Database>, reference: string): Promise<TaskTable | null> {
  return undeleted(await findBy(db, reference, taskById))
}

/** The task of a run, whatever became of it: what the run of a deleted one cost counts where it would have. */
export async function findTaskOfRun(db: Kysely<Database>, run: { readonly task_id: string }): Promise<TaskTable | null> {
  return first(await taskById(db, { id: run.task_id }))
}

function undeleted(task: TaskTable | null): TaskTable | null {
  return task?.deleted_at === null ? task : null
}

const identifierPattern = /^[a-z][a-z0-9]*-\d+$/i
const idPattern = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/** Whether a reference is an id, and not an identifier such as ACM-42. */
export function isTaskId(reference: string): boolean {
  return idPattern.test(reference)
}

type Finder = (db: Kysely<Database>, given: { id: string }) => Promise<TaskTable[]>

/** Looks a task up by id or identifier; what is neither names no task. */
async function findBy(db: Kysely<Database>, reference: string, byId: Finder): Promise<TaskTable | null> {
  if (isTaskId(reference)) return first(await byId(db, { id: reference.toLowerCase() }))
  if (!identifierPattern.test(reference)) return null
  const found = first(await taskByIdentifier(db, { identifier: reference.toUpperCase() }))
  return found && byId !== taskById ? first(await byId(db, { id: found.id })) : found
}

/** What no task has for its id. */
const nobody = '00000000-0000-0000-0000-000000000000'

/** The id of a task that a list is asked for by, as `TaskFilter` takes it; an identifier of another company finds nothing. */
export async function filteredTaskId<Reference extends string | undefined>(
  db: Kysely<Database>,
  companyId: string,
  reference: Reference,
): Promise<Reference | string> {
  if (reference === undefined || isTaskId(reference)) return reference
  const found = await findTask(db, reference)
  return found?.company_id === companyId ? found.id : nobody
}

const taskForChange = statement((db, given: { id: string }) =>
  db.selectFrom('tasks').selectAll().where('id', '=', given.id).forNoKeyUpdate(),
)

/** A task of this company whose row is ours until the transaction ends; null also when it is another company's. */
export async function lockCompanyTask(
  tx: Transaction<Database>,
  given: { companyId: string; reference: string },
): Promise<TaskTable | null> {
  const task = undeleted(await findBy(tx, given.reference, taskForChange))
  return task?.company_id === given.companyId ? task : null
}

const taskForShare = statement((db, given: { id: string }) => db.selectFrom('tasks').selectAll().where('id', '=', given.id).forShare())

/** A task of this company that stays as it is until the transaction ends; others may look at it too. */
export async function shareCompanyTask(
  tx: Transaction<Database>,
  given: { companyId: string; reference: string },
): Promise<TaskTable | null> {
  const task = undeleted(await findBy(tx, given.reference, taskForShare))
  return task?.company_id === given.companyId ? task : null
}

export const locatedTasks = locatedRows(findTask, (task) => ({ taskId: task.id, agentId: agentOfTask(task) }))

/** Whose a task is: of the agent that works on it, or else of the one that is to. */
export function agentOfTask(task: TaskTable): string | null {
  return task.checkout_agent_id ?? task.assignee_agent_id
}

/** That a part of a task belongs to it, such as a comment, and which agent it belongs to. Null for parts of a deleted task. */
export async function belongsToTask(
  db: Kysely<Database>,
  taskId: string,
  agentOf: (task: TaskTable) => string | null = () => null,
): Promise<Pick<Location, 'taskId' | 'agentId'> | null> {
  const task = undeleted(first(await taskById(db, { id: taskId })))
  return task && { taskId, agentId: agentOf(task) }
}

/**
 * The task of a row was not deleted: a condition of a list of such rows. Asked for one row at a time, since a join would tempt a
 * planner to read all tasks; and as a truth value, since of those it expects enough to go on in the order of the list.
 */
export function ofPresentTask(db: Kysely<Database>, rows: 'comments' | 'deliverables' | 'interactions'): RawBuilder<boolean> {
  return sql<boolean>`(select task.deleted_at is null from ${tableOf(db, 'tasks')} as task
    where task.company_id = ${sql.ref(`${rows}.company_id`)} and task.id = ${sql.ref(`${rows}.task_id`)})`
}

// Cross joins: SQLite reads its tables in the order in which they are written, and else would begin with all tasks of the company.

export const blockersOf = statement((db, given: { companyId: string; taskId: string }) =>
  db
    .selectFrom('task_blockers')
    .crossJoin('tasks')
    .whereRef('tasks.company_id', '=', 'task_blockers.company_id')
    .whereRef('tasks.id', '=', 'task_blockers.blocker_id')
    .selectAll('tasks')
    .where('task_blockers.company_id', '=', given.companyId)
    .where('task_blockers.task_id', '=', given.taskId)
    .where('tasks.deleted_at', 'is', null)
    .orderBy('tasks.id'),
)

/** The tasks that must end before this one can start. */
export async function unresolvedBlockers(db: Kysely<Database>, given: { companyId: string; taskId: string }): Promise<TaskTable[]> {
  return (await blockersOf(db, given)).filter((blocker) => !taskMachine.isFinal(blocker.status))
}

const dependents = statement((db, given: { companyId: string; taskId: string }) =>
  db
    .selectFrom('task_blockers')
    .crossJoin('tasks')
    .whereRef('tasks.company_id', '=', 'task_blockers.company_id')
    .whereRef('tasks.id', '=', 'task_blockers.task_id')
    .selectAll('tasks')
    .where('task_blockers.company_id', '=', given.companyId)
    .where('task_blockers.blocker_id', '=', given.taskId)
    .orderBy('tasks.id')
    .forNoKeyUpdate('tasks'),
)

/** The tasks that wait for this one, ours until the transaction ends. */
export async function lockDependents(db: Transaction<Database>, given: { companyId: string; taskId: string }): Promise<TaskTable[]> {
  return dependents(db, given)
}

/** Tasks of an agent that could start now. */
export const openTasksOf = statement((db, given: { companyId: string; agentId: string }) =>
  db
    .selectFrom('tasks')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('assignee_agent_id', '=', given.agentId)
    .where('status', '=', 'todo')
    .where(notHeld)
    .where(noUnresolvedBlocker)
    .orderBy('id'),
)
