// What holds between the rows of an engine's database whenever no command is under way.
import { withReader, type Place } from './place.ts'

/** Each finds the rows that break one rule; in words that both families of databases understand. */
const rules: Readonly<Record<string, string>> = {
  'a task in progress has a lease': `
    select t.id from tasks t where t.status = 'in_progress' and not exists (select 1 from leases l where l.task_id = t.id)`,
  'a lease is of a task in progress or under review': `
    select l.task_id as id from leases l join tasks t on t.id = l.task_id where t.status not in ('in_progress', 'in_review')`,
  'the lease of a task in progress has its fence and its run': `
    select t.id, t.fence, l.fence as lease_fence from leases l join tasks t on t.id = l.task_id
    where t.status = 'in_progress' and (l.fence <> t.fence or t.checkout_run_id is null or t.checkout_run_id <> l.run_id)`,
  'a running run has a lease, and no other run has one': `
    select r.id, r.status from runs r left join leases l on l.run_id = r.id
    where (r.status = 'running') <> (l.run_id is not null) or l.fence <> r.fence`,
  'nothing is queued or running for an ended task': `
    select r.id, r.status from runs r join tasks t on t.id = r.task_id where t.status in ('done', 'cancelled') and r.status in ('queued', 'running')`,
  'no task is tried more often than it may be': `
    select r.id, r.attempt, t.max_attempts from runs r join tasks t on t.id = r.task_id where r.attempt > t.max_attempts`,
  'a fence is the number of claims': `
    select t.id, t.fence from tasks t
    where t.fence <> (select count(*) from events e where e.entity_id = t.id and e.type = 'task.claimed')`,
  'no event of a task has a version that it never had': `
    select t.id, t.version from tasks t where t.version < (select max(e.entity_version) from events e where e.entity_id = t.id)`,
  "an agent's number of live runs is that of its leases": `
    select a.id, a.live_runs from agents a where a.live_runs <> (select count(*) from leases l where l.agent_id = a.id)`,
  "a company's counts are those of its tasks that are not deleted": [
    'backlog',
    'todo',
    'in_progress',
    'in_review',
    'blocked',
    'done',
    'cancelled',
  ]
    .map(
      (status) => `
    select c.id, '${status}' as status from companies c
    where (select coalesce(sum(n.${status}), 0) from company_counters n where n.company_id = c.id)
      <> (select count(*) from tasks t where t.company_id = c.id and t.deleted_at is null and t.status = '${status}')`,
    )
    .join(' union all '),
  'tasks are numbered without gaps': `
    select c.id, c.task_counter from companies c where c.task_counter <> (select count(*) from tasks t where t.company_id = c.id)`,
  'an idempotency key in the database has its answer': `
    select scope as id from idempotency_records where sealed_output = ''`,
  'a completed task was completed once': `
    select e.entity_id as id, count(*) as times from events e where e.type = 'task.completed' group by e.entity_id having count(*) > 1`,
}

/** Sentences about the rows that break a rule; none when all hold. */
export function brokenInvariants(place: Place): Promise<string[]> {
  return withReader(place, async (reader) => {
    const found: string[] = []
    for (const [rule, text] of Object.entries(rules)) {
      const rows = await reader.rows(text)
      if (rows.length > 0) found.push(`It does not hold that ${rule}: ${JSON.stringify(rows.slice(0, 3))}.`)
    }
    return found
  })
}
