import { TaskStatus } from '@engine/core/contract'

import type { TestEngine } from '../test-engine.ts'
import { witness } from '../witness/index.ts'
import { logOf } from './log.ts'

type Audited = Pick<TestEngine, 'engine' | 'watch'>

/** What does not fit together in a database at rest, one sentence each. Reads every row and every log. */
export async function audit(world: Audited): Promise<string[]> {
  const companies = await world.watch.query<{ id: string }>(`select id from ${world.watch.table('companies')}`)
  const problems: string[] = []
  for (const { id } of companies) problems.push(...(await problemsOfLog(world, id)))
  problems.push(...(await problemsOfCounts(world)), ...(await problemsOfOwners(world)))
  const { checks } = await world.engine.verify()
  problems.push(...checks.filter(({ isHeld }) => !isHeld).map((check) => `engine.verify() says of ${check.name}: ${JSON.stringify(check)}`))
  return problems
}

/** In the order of seq, as the witness wants it; within one entity that is the order of the commits. */
async function problemsOfLog(audited: Audited, companyId: string): Promise<string[]> {
  const log = await logOf(audited, companyId)
  const bySeq = log.toSorted((left, right) => left.seq - right.seq)
  return [...witness(bySeq).map(({ sentence }) => sentence), ...disorderOf(log)]
}

/** Readers get the log in the order of its list: what happened to one thing must follow from what they got before. */
export function disorderOf(
  log: readonly { readonly seq: number; readonly type: string; readonly entity: { id: string; version: number } }[],
): string[] {
  const last = new Map<string, { seq: number; version: number }>()
  const problems: string[] = []
  for (const { seq, type, entity } of log) {
    const before = last.get(entity.id)
    if (before && (entity.version < before.version || seq < before.seq)) {
      problems.push(
        `${type} ${seq} (version ${entity.version}) is listed after event ${before.seq} (version ${before.version}) of the same entity.`,
      )
    }
    last.set(entity.id, { seq, version: entity.version })
  }
  return problems
}

/** The counts that the engine keeps, against those of the rows. */
async function problemsOfCounts({ watch }: Audited): Promise<string[]> {
  const sums = TaskStatus.options.map((status) => `sum(${status}) as ${status}`).join(', ')
  const kept = await watch.query<{ company_id: string } & Record<TaskStatus, number>>(
    `select company_id, ${sums} from ${watch.table('company_counters')} group by company_id`,
  )
  const counted = await watch.query<{ company_id: string; status: TaskStatus; count: number }>(
    `select company_id, status, count(*) as count from ${watch.table('tasks')} group by company_id, status`,
  )
  const countOf = (companyId: string, status: TaskStatus) =>
    counted.find((row) => row.company_id === companyId && row.status === status)?.count ?? 0
  const wrong = kept.flatMap((row) =>
    TaskStatus.options
      .filter((status) => row[status] !== countOf(row.company_id, status))
      .map((status) => `Company ${row.company_id} counts ${row[status]} tasks as ${status} and has ${countOf(row.company_id, status)}.`),
  )
  const uncounted = counted.filter(({ company_id }) => !kept.some((row) => row.company_id === company_id))
  return [
    ...wrong,
    ...uncounted.map(({ company_id }) => `Company ${company_id} has tasks and no counts.`),
    ...(await problemsOfSlots(watch)),
  ]
}

async function problemsOfSlots(watch: Audited['watch']): Promise<string[]> {
  const agents = await watch.query<{ id: string; live_runs: number; most: number; leases: number }>(
    `select a.id, a.live_runs, a.max_concurrent_runs as most,
      (select count(*) from ${watch.table('leases')} l where l.company_id = a.company_id and l.agent_id = a.id) as leases
      from ${watch.table('agents')} a`,
  )
  const wrong = agents.filter(({ live_runs, leases }) => live_runs !== leases)
  return wrong.map(({ id, live_runs, leases }) => `Agent ${id} counts ${live_runs} live runs and has ${leases} leases.`)
}

/** A task in progress has one owner, and an owner has a task: rows of tasks, leases and runs say the same. */
async function problemsOfOwners({ watch }: Audited): Promise<string[]> {
  const [tasks, leases, runs] = [watch.table('tasks'), watch.table('leases'), watch.table('runs')]
  const owners = await watch.query<{ identifier: string; status: string; run_id: string | null }>(`
    select t.identifier, t.status, l.run_id from ${tasks} t left join ${leases} l on l.company_id = t.company_id and l.task_id = t.id
    where (t.status = 'in_progress' and l.run_id is null) or (l.run_id is not null and t.status not in ('in_progress', 'in_review'))
      or (l.run_id is not null and (l.fence <> t.fence or l.run_id <> t.checkout_run_id or l.agent_id <> t.checkout_agent_id))
      or (l.run_id is null and t.checkout_run_id is not null)`)
  const lives = await watch.query<{ id: string; status: string }>(`
    select r.id, r.status from ${runs} r left join ${leases} l on l.company_id = r.company_id and l.run_id = r.id
    where (r.status = 'running') <> (l.run_id is not null) or (l.run_id is not null and l.fence <> r.fence)`)
  return [
    ...owners.map(({ identifier, status, run_id }) => `Task ${identifier} is ${status}, and its lease is ${run_id ?? 'none'}.`),
    ...lives.map(({ id, status }) => `Run ${id} is ${status}, which its lease does not say.`),
  ]
}
