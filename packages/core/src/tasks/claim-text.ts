import { sql, type Kysely } from 'kysely'

import { tableOf } from '../database/open.ts'
import type { Database } from '../database/tables.ts'
import { announceWriting, nextNumber } from '../events/numbers.ts'
import { noRouteListens } from '../events/sql.ts'

// The parts of the statements that take tasks for many runs at once, each task for at most one: the guards of `claimTask`, and what
// follows from a claim. Each statement adds its own: `run`, and in front of them `member`.
//
// The ids come out of the document, not as a parameter of their own: knowing how many there are, Postgres would think that
// planning anew for each call is worth it. All facts are those of the statement's snapshot. That the row of a task is still the
// one of the snapshot when its lock is ours (`version`) makes sure of everything that changes together with it: status, lease,
// hold, blockers, deliverables. The agent's row is checked again by its own update, the company's is locked against a change of
// its status and gate. Left to the handler are tasks whose rows somebody else has (nobody in the batch waits for them, and no
// two batches wait for each other), tasks of people, agents whose tasks under way must be counted, and
// companies with hard budgets, or with a route that sends what happens here.

export interface Claims {
  /** A document of rows: place, task, agent, run, hash, worker, assigned, claimed, started, actorKind, actorId, requestId, companies and what the statement adds. */
  readonly members: string
  readonly now: string
  readonly epoch: number
  readonly leaseMs: number
}

/** What each member of a claim is made of. */
export const memberColumns = sql`place int, task uuid, agent uuid, run uuid, hash text, worker text, assigned uuid, claimed uuid,
  started uuid, "actorKind" text, "actorId" text, "requestId" text, companies text`

/** The tasks that can be claimed, locked; one row a member. */
export function candidates(db: Kysely<Database>) {
  const [tasks, companies, runs, leases] = [tableOf(db, 'tasks'), tableOf(db, 'companies'), tableOf(db, 'runs'), tableOf(db, 'leases')]
  const [blockers, deliverables, budgets] = [tableOf(db, 'task_blockers'), tableOf(db, 'deliverables'), tableOf(db, 'budgets')]
  return sql`candidate as (
      select t.id, t.company_id, t.status as from_status, t.assignee_agent_id as before, t.priority, t.fence + 1 as next_fence,
        coalesce(m.agent, t.assignee_agent_id) as worker_agent, m.*
      from ${tasks} t join member m on m.task = t.id join ${companies} company on company.id = t.company_id
      where t.id = any(array(select task from member))
        and t.status in ('backlog', 'todo', 'blocked')
        and t.held_by_task_id is null
        and t.assignee_user_id is null
        and (t.assignee_agent_id is null or m.agent is null or t.assignee_agent_id = m.agent)
        and coalesce(m.agent, t.assignee_agent_id) is not null
        and (m.companies is null or t.company_id = any(string_to_array(m.companies, ',')::uuid[]))
        and t.version = (select s.version from ${tasks} s where s.id = t.id)
        and not exists (select from ${leases} l where l.company_id = t.company_id and l.task_id = t.id)
        and not exists (select from ${blockers} b where b.company_id = t.company_id and b.task_id = t.id
          and (select o.status from ${tasks} o where o.company_id = b.company_id and o.id = b.blocker_id) not in ('done', 'cancelled'))
        and not exists (select from ${deliverables} d where d.company_id = t.company_id and d.task_id = t.id and d.status = 'pending')
        and not exists (select from ${runs} q where q.company_id = t.company_id and q.task_id = t.id and q.status = 'queued'
          and (q.fence is not null or q.agent_id <> coalesce(m.agent, t.assignee_agent_id)))
        and (t.status <> 'blocked' or not exists (select from ${runs} w where w.company_id = t.company_id and w.task_id = t.id
          and w.status = 'waiting'))
        and not exists (select from ${budgets} b where b.company_id = t.company_id and b.removed_at is null and b.is_hard = 1)
        and ${noRouteListens(db, sql`t.company_id`, ['task.assigned', 'task.claimed', 'run.started'])}
        and company.status = 'active'
        and company.strategy_gate <> 'closed'
      order by t.id
      for no key update of t skip locked
      for key share of company
    )`
}

/**
 * Takes the agents' free slots, then the tasks of those agents that had enough of them, and the numbers of their events: read from
 * the events once they are written, each would be a join.
 */
export function changes(db: Kysely<Database>, given: Claims) {
  const [agents, tasks] = [tableOf(db, 'agents'), tableOf(db, 'tasks')]
  return sql`able as (
      update ${agents} a set live_runs = a.live_runs + w.wanted
      from (select company_id, worker_agent, count(*) as wanted from candidate group by company_id, worker_agent order by worker_agent) w
      where a.company_id = w.company_id and a.id = w.worker_agent and a.status = 'idle' and a.live_runs + w.wanted <= a.max_concurrent_runs
        and a.max_concurrent_tasks is null
      returning a.company_id, a.id
    ), task as (
      update ${tasks} t set status = 'in_progress', fence = t.fence + 1, version = t.version + 1, assignee_agent_id = c.worker_agent,
        checkout_run_id = c.run, checkout_agent_id = c.worker_agent, checkout_at = ${given.now}::timestamptz,
        started_at = coalesce(t.started_at, ${given.now}::timestamptz), updated_at = ${given.now}::timestamptz,
        blocked_reason = null, blocked_owner = null, progress_percent = 0, progress_message = null
      from (select ${announceWriting(db)} as announced offset 0) as writing,
        candidate c join able on able.company_id = c.company_id and able.id = c.worker_agent
      where t.id = any(array(select id from candidate)) and t.id = c.id
      returning t.*, c.place, c.from_status, c.before, c.hash, c.worker, c.assigned, c.claimed, c.started,
        c."actorKind", c."actorId", c."requestId", case when c.before is null then ${nextNumber(db)} end as assigned_seq,
        ${nextNumber(db)} as claimed_seq, ${nextNumber(db)} as started_seq
    )`
}

/** What belongs to each claim besides its run: its lease, the company's counts, its events. `run` tells id, version, attempt and adapter_type. */
export function records(db: Kysely<Database>, given: Claims) {
  const [leases, counters] = [tableOf(db, 'leases'), tableOf(db, 'company_counters')]
  const [events, instance] = [tableOf(db, 'events'), tableOf(db, 'engine_instance')]
  return sql`lease as (
      insert into ${leases} (run_id, company_id, task_id, agent_id, fence, worker_id, expires_at)
      select checkout_run_id, company_id, id, checkout_agent_id, fence, worker,
        clock_timestamp() + ${given.leaseMs}::bigint * interval '1 millisecond'
      from task
    ), counter as (
      insert into ${counters} (company_id, shard, backlog, todo, in_progress, in_review, blocked, done, cancelled)
      select company_id, pg_backend_pid() % 16, -count(*) filter (where from_status = 'backlog'), -count(*) filter (where from_status = 'todo'),
        count(*), 0, -count(*) filter (where from_status = 'blocked'), 0, 0
      from task group by company_id order by company_id
      on conflict (company_id, shard) do update set backlog = company_counters.backlog + excluded.backlog,
        todo = company_counters.todo + excluded.todo, in_progress = company_counters.in_progress + excluded.in_progress,
        blocked = company_counters.blocked + excluded.blocked
    ), event as (
      insert into ${events} (seq, id, epoch, company_id, type, actor_kind, actor_id, run_id, entity_type, entity_id, entity_version, data, request_id, at)
      overriding system value
      select n.seq, n.id, (select epoch from ${instance} where epoch = ${given.epoch}), t.company_id, n.type, t."actorKind", t."actorId", null,
        n.entity_type, n.entity_id, n.entity_version, n.data, t."requestId", ${given.now}::timestamptz
      from task t join run on run.id = t.checkout_run_id cross join lateral (values
        (t.assigned_seq, t.assigned, 'task.assigned', 'task', t.id, t.version,
          jsonb_build_object('agentId', t.checkout_agent_id, 'reason', 'checked it out')),
        (t.claimed_seq, t.claimed, 'task.claimed', 'task', t.id, t.version, jsonb_build_object('runId', t.checkout_run_id,
          'agentId', t.checkout_agent_id, 'fence', t.fence, 'from', t.from_status)),
        (t.started_seq, t.started, 'run.started', 'run', t.checkout_run_id, run.version, jsonb_strip_nulls(jsonb_build_object('taskId', t.id,
          'agentId', t.checkout_agent_id, 'attempt', run.attempt, 'fence', t.fence, 'workerId', t.worker, 'adapterType', run.adapter_type)))
      ) as n (seq, id, type, entity_type, entity_id, entity_version, data)
      where n.seq is not null
    )`
}
