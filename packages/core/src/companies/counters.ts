import { sql, type Kysely, type Transaction } from 'kysely'

import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { AnyEvent } from '../kernel/events.ts'
import { TaskStatus } from '../tasks/schema.ts'

export type TaskCounts = Record<TaskStatus, number>

/** How many rows a company's counts are spread over on Postgres, so that its writers seldom wait for each other. */
const shards = 16

/** How events change a company's numbers of tasks by status; null when they do not. Pure. */
function countChanges(events: readonly Pick<AnyEvent, 'type' | 'data'>[]): TaskCounts | null {
  const changes: TaskCounts = { backlog: 0, todo: 0, in_progress: 0, in_review: 0, blocked: 0, done: 0, cancelled: 0 }
  for (const move of events.map(moveOf)) {
    if (!move || move.from === move.to) continue
    if (move.from !== null) changes[move.from] -= 1
    if (move.to !== null) changes[move.to] += 1
  }
  return Object.values(changes).some((change) => change !== 0) ? changes : null
}

function moveOf(event: Pick<AnyEvent, 'type' | 'data'>): { from: TaskStatus | null; to: TaskStatus | null } | null {
  // `type` and `data` belong together by the type of AnyEvent.
  const { type, data } = event as AnyEvent
  if (type === 'task.created') return { from: null, to: data.status }
  if (type === 'task.status_changed') return { from: data.from, to: data.to }
  if (type === 'task.deleted') return { from: data.status, to: null }
  if (type === 'task.claimed') return { from: data.from, to: 'in_progress' }
  return null
}

const add = statement((db, given: TaskCounts & { companyId: string }, family) =>
  db
    .insertInto('company_counters')
    .values({
      company_id: given.companyId,
      shard: family === 'postgres' ? sql<number>`pg_backend_pid() % ${sql.lit(shards)}` : sql.lit(0),
      backlog: given.backlog,
      todo: given.todo,
      in_progress: given.in_progress,
      in_review: given.in_review,
      blocked: given.blocked,
      done: given.done,
      cancelled: given.cancelled,
    })
    .onConflict((conflict) =>
      conflict.columns(['company_id', 'shard']).doUpdateSet((e) => {
        const sum = (status: TaskStatus) => e(`company_counters.${status}`, '+', e.ref(`excluded.${status}`))
        return Object.fromEntries(TaskStatus.options.map((status) => [status, sum(status)]))
      }),
    ),
)

/** Keeps a company's counts in the transaction of the events that change them. */
export async function countTasks(
  tx: Transaction<Database>,
  given: { companyId: string; events: readonly Pick<AnyEvent, 'type' | 'data'>[] },
): Promise<void> {
  const changes = countChanges(given.events)
  if (changes) await addTaskCounts(tx, { companyId: given.companyId, ...changes })
}

/** Changes a company's counts; changes of several transactions add up, whatever their order. */
export async function addTaskCounts(tx: Transaction<Database>, given: TaskCounts & { companyId: string }): Promise<void> {
  await add(tx, given)
}

const readShards = statement((db, given: { companyId: string }) =>
  db.selectFrom('company_counters').selectAll().where('company_id', '=', given.companyId),
)

/** A company's numbers of tasks by status. */
export async function taskCounts(db: Kysely<Database>, companyId: string): Promise<TaskCounts> {
  const rows = await readShards(db, { companyId })
  const total = (status: TaskStatus) => rows.reduce((sum, row) => sum + row[status], 0)
  return {
    backlog: total('backlog'),
    todo: total('todo'),
    in_progress: total('in_progress'),
    in_review: total('in_review'),
    blocked: total('blocked'),
    done: total('done'),
    cancelled: total('cancelled'),
  }
}
