import type { Kysely } from 'kysely'

import type { Database } from '../database/tables.ts'
import { inRanges, type Range, type View, type Violation } from './check.ts'
import { cyclesIn } from './cycle.ts'

interface Task {
  readonly company_id: string
  readonly id: string
  readonly identifier: string
}

function aboutTask(row: Task, problem: string): Violation {
  return { companyId: row.company_id, entity: 'task', id: row.id, problem: `${row.identifier} ${problem}` }
}

function tasksIn(db: Kysely<Database>, { above, upTo }: Range) {
  return db
    .selectFrom('tasks')
    .select(['tasks.company_id', 'tasks.id', 'tasks.identifier', 'tasks.status'])
    .where('tasks.id', '>', above)
    .where('tasks.id', '<=', upTo)
}

/** A task in progress has a lease, which either is renewed or runs out and is swept: no task stays there without an owner (P4). */
export async function* tasksInProgressAreLeased({ db }: View): AsyncGenerator<Violation> {
  const rows = inRanges(db, 'tasks', (range) =>
    tasksIn(db, range)
      .leftJoin('leases', (join) => join.onRef('leases.company_id', '=', 'tasks.company_id').onRef('leases.task_id', '=', 'tasks.id'))
      .where('tasks.status', '=', 'in_progress')
      .where('leases.run_id', 'is', null)
      .execute(),
  )
  for await (const row of rows) yield aboutTask(row, 'is in progress, but no run has its lease')
}

/** A task says which run checked it out while it is in progress, and at no other time. */
export async function* checkoutsAreOfTasksInProgress({ db }: View): AsyncGenerator<Violation> {
  const columns = ['tasks.checkout_run_id', 'tasks.checkout_agent_id', 'tasks.checkout_at'] as const
  const rows = inRanges(db, 'tasks', (range) =>
    tasksIn(db, range)
      .where((e) =>
        e.or([
          e.and([e('tasks.status', '=', 'in_progress'), e.or(columns.map((column) => e(column, 'is', null)))]),
          e.and([e('tasks.status', '!=', 'in_progress'), e.or(columns.map((column) => e(column, 'is not', null)))]),
        ]),
      )
      .execute(),
  )
  for await (const row of rows) {
    yield aboutTask(row, row.status === 'in_progress' ? 'is in progress, but not said by whom' : `is ${row.status}, but still checked out`)
  }
}

/** A task that is done says since when, so does a cancelled one, and no other does. */
export async function* endedTasksHaveTheirTimes({ db }: View): AsyncGenerator<Violation> {
  const rows = inRanges(db, 'tasks', (range) =>
    tasksIn(db, range)
      .select(['tasks.completed_at', 'tasks.cancelled_at'])
      .where((e) =>
        e.or([
          e.and([e('tasks.status', '=', 'done'), e('tasks.completed_at', 'is', null)]),
          e.and([e('tasks.status', '!=', 'done'), e('tasks.completed_at', 'is not', null)]),
          e.and([e('tasks.status', '=', 'cancelled'), e('tasks.cancelled_at', 'is', null)]),
          e.and([e('tasks.status', '!=', 'cancelled'), e('tasks.cancelled_at', 'is not', null)]),
        ]),
      )
      .execute(),
  )
  for await (const row of rows) {
    const times = `completed ${row.completed_at ?? 'never'}, cancelled ${row.cancelled_at ?? 'never'}`
    yield aboutTask(row, `is ${row.status}, but ${times}`)
  }
}

/** A deleted task has ended: nothing waits for it, and it waits for nobody. */
export async function* deletedTasksHaveEnded({ db }: View): AsyncGenerator<Violation> {
  const rows = inRanges(db, 'tasks', (range) =>
    tasksIn(db, range).where('tasks.deleted_at', 'is not', null).where('tasks.status', 'not in', ['done', 'cancelled']).execute(),
  )
  for await (const row of rows) yield aboutTask(row, `is deleted, but ${row.status}`)
}

/** A task has one assignee: an agent, or a person. */
export async function* tasksHaveOneAssignee({ db }: View): AsyncGenerator<Violation> {
  const rows = inRanges(db, 'tasks', (range) =>
    tasksIn(db, range).where('tasks.assignee_agent_id', 'is not', null).where('tasks.assignee_user_id', 'is not', null).execute(),
  )
  for await (const row of rows) yield aboutTask(row, 'is assigned to an agent and to a person')
}

/** Nothing runs in a subtree that is held. */
export async function* heldTasksAreNotLeased({ db }: View): AsyncGenerator<Violation> {
  const rows = inRanges(db, 'tasks', (range) =>
    tasksIn(db, range)
      .innerJoin('leases', (join) => join.onRef('leases.company_id', '=', 'tasks.company_id').onRef('leases.task_id', '=', 'tasks.id'))
      .select('leases.run_id')
      .where('tasks.held_by_task_id', 'is not', null)
      .execute(),
  )
  for await (const row of rows) yield aboutTask(row, `is held, but the run ${row.run_id} has its lease`)
}

/** No task waits, directly or not, for itself. */
export async function* blockersFormNoCycle({ db }: View): AsyncGenerator<Violation> {
  for await (const { companyId, edges } of waitingTasks(db)) {
    for (const cycle of cyclesIn(edges)) {
      const [id = ''] = cycle
      if (!(await stillWaits(db, { companyId, cycle }))) continue
      yield { companyId, entity: 'task', id, problem: `waits for itself: ${[...cycle, id].join(' waits for ')}` }
    }
  }
}

/** Pairs that one statement reads. */
const pairs = 5_000

/** Who waits for whom, a company at a time. */
async function* waitingTasks(db: Kysely<Database>): AsyncGenerator<{ companyId: string; edges: Map<string, string[]> }> {
  let companyId = ''
  let edges = new Map<string, string[]>()
  for await (const row of blockerRows(db)) {
    if (row.company_id !== companyId) {
      if (edges.size > 0) yield { companyId, edges }
      companyId = row.company_id
      edges = new Map()
    }
    const blockers = edges.get(row.task_id)
    if (blockers) blockers.push(row.blocker_id)
    else edges.set(row.task_id, [row.blocker_id])
  }
  if (edges.size > 0) yield { companyId, edges }
}

async function* blockerRows(db: Kysely<Database>) {
  const key = ['company_id', 'task_id', 'blocker_id'] as const
  const page = () => db.selectFrom('task_blockers').selectAll().orderBy('company_id').orderBy('task_id').orderBy('blocker_id').limit(pairs)
  let rows = await page().execute()
  for (let last = rows.at(-1); last; last = rows.at(-1)) {
    yield* rows
    if (rows.length < pairs) return
    const { company_id, task_id, blocker_id } = last
    const isAfter = (row: typeof last) =>
      page().where((e) => e(e.refTuple(...key), '>', e.tuple(e.val(row.company_id), e.val(row.task_id), e.val(row.blocker_id))))
    rows = await isAfter({ company_id, task_id, blocker_id }).execute()
  }
}

/** The pages were read at different moments; whether they close a cycle is asked at one. */
async function stillWaits(db: Kysely<Database>, { companyId, cycle }: { companyId: string; cycle: readonly string[] }): Promise<boolean> {
  const first = cycle.slice(0, pairs)
  const rows = await db
    .selectFrom('task_blockers')
    .select(['task_id', 'blocker_id'])
    .where('company_id', '=', companyId)
    .where('task_id', 'in', first)
    .execute()
  const waits = new Set(rows.map((row) => `${row.task_id} ${row.blocker_id}`))
  return first.every((id, index) => waits.has(`${id} ${cycle[(index + 1) % cycle.length]}`))
}
