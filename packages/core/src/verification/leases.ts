import { presentPlus, familyOf } from '../database/open.ts'
import { isoTime } from '../ports/clock.ts'
import type { Violation, View } from './check.ts'

/** The fence of leases that ended because their database was restored; the sweep takes them back. */
const ended = -1

interface Lease {
  readonly company_id: string
  readonly task_id: string
  readonly run_id: string
}

function aboutLease(row: Lease, problem: string): Violation {
  return { companyId: row.company_id, entity: 'lease', id: row.run_id, problem: `the lease of the task ${row.task_id} ${problem}` }
}

/** A task has at most one lease (P1). The unique key says so too; this is for the day when it does not. */
export async function* oneLeaseATask({ db }: View): AsyncGenerator<Violation> {
  const rows = await db
    .selectFrom('leases')
    .select((e) => ['company_id', 'task_id', e.fn.countAll<number>().as('count')])
    .groupBy(['company_id', 'task_id'])
    .having((e) => e.fn.countAll(), '>', 1)
    .execute()
  for (const row of rows) {
    yield { companyId: row.company_id, entity: 'task', id: row.task_id, problem: `${row.count} runs have a lease of it` }
  }
}

/**
 * A lease is of a task that its run has checked out, under its fence; or of one whose work that run has submitted and that
 * is under review (P1, P2).
 */
export async function* leasesFitTheirTasks({ db }: View): AsyncGenerator<Violation> {
  const rows = await db
    .selectFrom('leases')
    .innerJoin('tasks', (join) => join.onRef('tasks.company_id', '=', 'leases.company_id').onRef('tasks.id', '=', 'leases.task_id'))
    .select(['leases.company_id', 'leases.task_id', 'leases.run_id', 'leases.fence', 'tasks.status', 'tasks.checkout_run_id'])
    .select('tasks.fence as task_fence')
    .where((e) =>
      e.not(
        e.and([
          e.or([e('leases.fence', '=', e.ref('tasks.fence')), e('leases.fence', '=', ended)]),
          e.or([
            e.and([
              e('tasks.status', '=', 'in_progress'),
              e('tasks.checkout_run_id', 'is not', null),
              e('tasks.checkout_run_id', '=', e.ref('leases.run_id')),
            ]),
            e('tasks.status', '=', 'in_review'),
          ]),
        ]),
      ),
    )
    .execute()
  for (const row of rows) {
    const task = `${row.status} under fence ${row.task_fence}, checked out by ${row.checkout_run_id ?? 'nobody'}`
    yield aboutLease(row, `has fence ${row.fence}, but the task is ${task}`)
  }
}

/** A lease is of a run that runs, for the same task and agent and under the same fence (P2). */
export async function* leasesFitTheirRuns({ db }: View): AsyncGenerator<Violation> {
  const rows = await db
    .selectFrom('leases')
    .innerJoin('runs', (join) => join.onRef('runs.company_id', '=', 'leases.company_id').onRef('runs.id', '=', 'leases.run_id'))
    .select(['leases.company_id', 'leases.task_id', 'leases.run_id', 'leases.fence', 'runs.status', 'runs.fence as run_fence'])
    .where((e) =>
      e.or([
        e('runs.status', '!=', 'running'),
        e('runs.task_id', '!=', e.ref('leases.task_id')),
        e('runs.agent_id', '!=', e.ref('leases.agent_id')),
        e('runs.fence', 'is', null),
        e.and([e('runs.fence', '!=', e.ref('leases.fence')), e('leases.fence', '!=', ended)]),
      ]),
    )
    .execute()
  for (const row of rows) yield aboutLease(row, `has fence ${row.fence}, but its run is ${row.status} under fence ${row.run_fence}`)
}

/** A lease that ran out is taken back by the next sweep (P3). Only where somebody sweeps. */
export async function* noLeaseIsOverdue({ db, now, overdueMs }: View): AsyncGenerator<Violation> {
  if (overdueMs === null) return
  const latest = presentPlus(familyOf(db), { ms: -overdueMs, at: isoTime(Date.parse(now) - overdueMs) })
  const rows = await db
    .selectFrom('leases')
    .select(['company_id', 'task_id', 'run_id', 'expires_at'])
    .where('expires_at', '<', latest)
    .execute()
  for (const row of rows) yield aboutLease(row, `ran out at ${row.expires_at} and was not taken back`)
}
