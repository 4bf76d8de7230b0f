import type { Kysely } from 'kysely'

import type { Database } from '../database/tables.ts'
import { taskMachine } from '../tasks/machine.ts'
import { inRanges, type Range, type View, type Violation } from './check.ts'

interface Run {
  readonly company_id: string
  readonly id: string
}

function aboutRun(row: Run, problem: string): Violation {
  return { companyId: row.company_id, entity: 'run', id: row.id, problem }
}

function runsIn(db: Kysely<Database>, { above, upTo }: Range) {
  return db
    .selectFrom('runs')
    .select(['runs.company_id', 'runs.id', 'runs.task_id', 'runs.status'])
    .where('runs.id', '>', above)
    .where('runs.id', '<=', upTo)
}

function runsWithTasks(db: Kysely<Database>, range: Range) {
  return runsIn(db, range)
    .innerJoin('tasks', (join) => join.onRef('tasks.company_id', '=', 'runs.company_id').onRef('tasks.id', '=', 'runs.task_id'))
    .select(['tasks.identifier', 'tasks.status as task_status'])
}

/** A run that runs has a lease (P3, P4). */
export async function* runningRunsAreLeased({ db }: View): AsyncGenerator<Violation> {
  const rows = inRanges(db, 'runs', (range) =>
    runsIn(db, range)
      .leftJoin('leases', 'leases.run_id', 'runs.id')
      .where('runs.status', '=', 'running')
      .where('leases.run_id', 'is', null)
      .execute(),
  )
  for await (const row of rows) yield aboutRun(row, `is running for the task ${row.task_id}, but has no lease`)
}

/** A run that waits does so for an answer that may still come, and nobody answers a run that does not wait (P4). */
export async function* waitingRunsWaitForSomething({ db }: View): AsyncGenerator<Violation> {
  const unasked = inRanges(db, 'runs', (range) =>
    runsIn(db, range)
      .leftJoin('interactions', (join) =>
        join
          .onRef('interactions.company_id', '=', 'runs.company_id')
          .onRef('interactions.run_id', '=', 'runs.id')
          .on('interactions.status', '=', 'pending')
          .on('interactions.waits', '=', 1),
      )
      .where('runs.status', '=', 'waiting')
      .where('interactions.id', 'is', null)
      .execute(),
  )
  for await (const row of unasked) yield aboutRun(row, `waits for the task ${row.task_id}, but no answer is awaited`)
  const idle = inRanges(db, 'interactions', ({ above, upTo }) =>
    db
      .selectFrom('interactions')
      .leftJoin('runs', (join) =>
        join.onRef('runs.company_id', '=', 'interactions.company_id').onRef('runs.id', '=', 'interactions.run_id'),
      )
      .select(['interactions.company_id', 'interactions.id', 'interactions.run_id', 'runs.status as run_status'])
      .where('interactions.id', '>', above)
      .where('interactions.id', '<=', upTo)
      .where('interactions.status', '=', 'pending')
      .where('interactions.waits', '=', 1)
      .where((e) => e.or([e('runs.status', 'is', null), e('runs.status', '!=', 'waiting')]))
      .execute(),
  )
  for await (const row of idle) {
    const problem = `is awaited by the run ${row.run_id}, which is ${row.run_status ?? 'not there'}`
    yield { companyId: row.company_id, entity: 'interaction', id: row.id, problem }
  }
}

/** Nothing runs, or is about to run, for a task that has ended (P4). */
export async function* endedTasksHaveNoLiveRun({ db }: View): AsyncGenerator<Violation> {
  const ends = taskMachine.statuses.filter((status) => taskMachine.isFinal(status))
  const rows = inRanges(db, 'runs', (range) =>
    runsWithTasks(db, range).where('runs.status', 'in', ['queued', 'running', 'waiting']).where('tasks.status', 'in', ends).execute(),
  )
  for await (const row of rows) yield aboutRun(row, `is ${row.status}, but its task ${row.identifier} is ${row.task_status}`)
}

/** A fence is given out by its task, which keeps the highest: no run has a higher one (P1). */
export async function* noFenceIsAboveItsTasks({ db }: View): AsyncGenerator<Violation> {
  const rows = inRanges(db, 'runs', (range) =>
    runsWithTasks(db, range).select(['runs.fence', 'tasks.fence as task_fence']).whereRef('runs.fence', '>', 'tasks.fence').execute(),
  )
  for await (const row of rows)
    yield aboutRun(row, `has fence ${row.fence}, but its task ${row.identifier} gave out ${row.task_fence} at most`)
}

/** A fence is given out once (P1). */
export async function* fencesAreUsedOnce({ db }: View): AsyncGenerator<Violation> {
  const rows = inRanges(db, 'tasks', ({ above, upTo }) =>
    db
      .selectFrom('tasks')
      .innerJoin('runs', (join) => join.onRef('runs.company_id', '=', 'tasks.company_id').onRef('runs.task_id', '=', 'tasks.id'))
      .select((e) => ['tasks.company_id', 'tasks.id', 'tasks.identifier', 'runs.fence', e.fn.countAll<number>().as('count')])
      .where('tasks.id', '>', above)
      .where('tasks.id', '<=', upTo)
      .where('runs.fence', 'is not', null)
      .groupBy(['tasks.company_id', 'tasks.id', 'tasks.identifier', 'runs.fence'])
      .having((e) => e.fn.countAll(), '>', 1)
      .execute(),
  )
  for await (const row of rows) {
    yield {
      companyId: row.company_id,
      entity: 'task',
      id: row.id,
      problem: `${row.identifier} gave fence ${row.fence} to ${row.count} runs`,
    }
  }
}

/** A task is attempted as often as it allows (P4); where somebody changed what it allows, what held before is not known. */
export async function* attemptsStayWithinLimits({ db }: View): AsyncGenerator<Violation> {
  const rows = inRanges(db, 'runs', (range) =>
    runsWithTasks(db, range).select(['runs.attempt', 'tasks.max_attempts']).whereRef('runs.attempt', '>', 'tasks.max_attempts').execute(),
  )
  for await (const row of rows) {
    if (await wasLimitChanged(db, row)) continue
    yield aboutRun(row, `is attempt ${row.attempt}, but its task ${row.identifier} allows ${row.max_attempts}`)
  }
}

async function wasLimitChanged(db: Kysely<Database>, run: { company_id: string; task_id: string }): Promise<boolean> {
  const updates = await db
    .selectFrom('events')
    .select('data')
    .where('company_id', '=', run.company_id)
    .where('entity_id', '=', run.task_id)
    .where('type', '=', 'task.updated')
    .execute()
  return updates.some(({ data }) => data.includes('"maxAttempts"'))
}
