import type { Client } from 'pg'

import { newId } from '../lib/id.ts'
import { namedStatement } from '../lib/named-statement.ts'
import { leaseMs, newCredential, workerId, type Claim } from './claim.ts'

export interface PgCheckoutTwin {
  /** Checks one task out on the connection. @throws when the guards refuse it */
  checkout(client: Client, claim: Claim): Promise<{ runId: string; credential: string }>
}

// The parts of a checkout, as one writes them by hand for Postgres. Both twins are made of the same ones.

/** Locked before anything is decided by it, so that two checkouts cannot take the last slot. */
const lockAgent = `
  select a.id from engine.agents a
  where a.company_id = {companyId:uuid} and a.id = {agentId:uuid} and a.status = 'idle' and a.live_runs < a.max_concurrent_runs
    and a.max_concurrent_tasks is null
    and exists (select from engine.companies c where c.id = a.company_id and c.status = 'active' and c.strategy_gate <> 'closed')
  for no key update`

/** The guards of `tasks.checkout`; needs `agent`. What asks for more rows than these is refused, as the batch of the engine leaves it to others. */
const claimTask = `
  update engine.tasks set status = 'in_progress', fence = fence + 1, version = version + 1, assignee_agent_id = {agentId:uuid},
    checkout_run_id = {runId:uuid}, checkout_agent_id = {agentId:uuid}, checkout_at = {now:timestamptz},
    started_at = coalesce(started_at, {now:timestamptz}), updated_at = {now:timestamptz}, blocked_reason = null, blocked_owner = null,
    progress_percent = 0, progress_message = null
  where company_id = {companyId:uuid} and id = {taskId:uuid} and status in ('backlog', 'todo', 'in_review', 'blocked')
    and (assignee_agent_id is null or assignee_agent_id = {agentId:uuid}) and assignee_user_id is null and held_by_task_id is null
    and not exists (select from engine.leases l where l.company_id = tasks.company_id and l.task_id = tasks.id)
    and not exists (select from engine.task_blockers b where b.company_id = tasks.company_id and b.task_id = tasks.id
      and (select t.status from engine.tasks t where t.company_id = b.company_id and t.id = b.blocker_id) not in ('done', 'cancelled'))
    and not exists (select from engine.deliverables d where d.company_id = tasks.company_id and d.task_id = tasks.id and d.status = 'pending')
    and not exists (select from engine.runs q where q.company_id = tasks.company_id and q.task_id = tasks.id and q.status = 'queued')
    and (status <> 'blocked' or not exists (select from engine.runs w where w.company_id = tasks.company_id and w.task_id = tasks.id
      and w.status = 'waiting'))
    and not exists (select from engine.budgets b where b.company_id = tasks.company_id and b.removed_at is null and b.is_hard = 1)
    and not exists (select from engine.route_events r where r.company_id = tasks.company_id
      and r.pattern in ('*', 'task.*', 'task.assigned', 'task.claimed', 'run.*', 'run.started'))
    and exists (select from agent)
  returning fence, version, priority, old.status as was, old.assignee_agent_id is null as was_free`

const countRun = `
  update engine.agents set live_runs = live_runs + 1
  where company_id = {companyId:uuid} and id = {agentId:uuid} and exists (select from claimed)`

const insertRun = `
  insert into engine.runs (id, company_id, agent_id, task_id, status, wake_reasons, priority, attempt, fence, worker_id, credential_hash,
    available_at, version, created_at, updated_at, started_at)
  select {runId:uuid}, {companyId:uuid}, {agentId:uuid}, {taskId:uuid}, 'running', '["manual"]', priority, 1, fence, {workerId:text},
    {hash:text}, {now:timestamptz}, 1, {now:timestamptz}, {now:timestamptz}, {now:timestamptz}
  from claimed`

const insertLease = `
  insert into engine.leases (run_id, company_id, task_id, agent_id, fence, worker_id, expires_at)
  select {runId:uuid}, {companyId:uuid}, {taskId:uuid}, {agentId:uuid}, fence, {workerId:text},
    clock_timestamp() + {leaseMs:bigint} * interval '1 millisecond'
  from claimed`

const statuses = ['backlog', 'todo', 'in_progress', 'in_review', 'blocked', 'done', 'cancelled']

const countTasks = `
  insert into engine.company_counters as counter (company_id, shard, ${statuses.join(', ')})
  select {companyId:uuid}, pg_backend_pid() % 16,
    ${statuses.map((status) => (status === 'in_progress' ? '1' : `-(was = '${status}')::int`)).join(', ')}
  from claimed
  on conflict (company_id, shard) do update set ${statuses.map((status) => `${status} = counter.${status} + excluded.${status}`).join(', ')}`

const insertEvents = `
  insert into engine.events (id, epoch, company_id, type, actor_kind, actor_id, entity_type, entity_id, entity_version, data, at)
  select event.id, (select epoch from engine.engine_instance where epoch = {epoch:bigint}), {companyId:uuid}, event.type, 'system', 'system',
    event.entity_type, event.entity_id, event.entity_version, event.data, {now:timestamptz}
  from claimed, lateral (values
    (1, {assignedId:uuid}, 'task.assigned', 'task', {taskId:uuid}, version,
      jsonb_build_object('agentId', {agentId:uuid}, 'reason', 'checked it out')),
    (2, {claimedId:uuid}, 'task.claimed', 'task', {taskId:uuid}, version,
      jsonb_build_object('runId', {runId:uuid}, 'agentId', {agentId:uuid}, 'fence', fence, 'from', was)),
    (3, {startedId:uuid}, 'run.started', 'run', {runId:uuid}, 1,
      jsonb_build_object('taskId', {taskId:uuid}, 'agentId', {agentId:uuid}, 'attempt', 1, 'fence', fence, 'workerId', {workerId:text}))
  ) as event (place, id, type, entity_type, entity_id, entity_version, data)
  where event.place > 1 or was_free
  order by event.place`

/** What the parts above have of the claim, when it was made by a statement before. */
const claimedBefore = `
  select {fence:bigint} as fence, {version:bigint} as version, {priority:bigint} as priority, {was:text} as was, {was_free:boolean} as was_free`

export interface OneStatementOptions {
  /** Whether the company's counts are kept; what that costs is what the twin without them shows. */
  readonly counts: boolean
  /** Whether each transaction notifies whoever listens; every commit of the server then waits for one lock. */
  readonly notifies: boolean
}

const ordinary: OneStatementOptions = { counts: true, notifies: false }

/** A checkout as one prepared statement, which is its own transaction. */
export function createOneStatementTwin(epoch: number, { counts, notifies } = ordinary): PgCheckoutTwin {
  const statement = namedStatement(
    `checkout ${counts ? 'counted' : ''} ${notifies ? 'notified' : ''}`,
    `with agent as (${lockAgent}), claimed as (${claimTask}), counted as (${countRun}), run as (${insertRun}), lease as (${insertLease}),
      ${counts ? `counter as (${countTasks}),` : ''} event as (${insertEvents})
    select fence ${notifies ? `, pg_notify('bench', {companyId:uuid}::text)` : ''} from claimed`,
  )
  return {
    async checkout(client, claim) {
      const { credential, row } = prepare(claim, epoch)
      const claimed = await statement.run(client, row)
      if (claimed.length === 0) throw refused(claim)
      return { runId: row.runId, credential }
    },
  }
}

/** The same as a transaction of five round trips, each statement prepared. */
export function createFiveTripTwin(epoch: number): PgCheckoutTwin {
  const begin = namedStatement('begin', 'begin')
  const claimOne = namedStatement('claim', `with agent as (${lockAgent}) ${claimTask}`)
  const own = namedStatement('own', `with claimed as (${claimedBefore}), counted as (${countRun}), run as (${insertRun}) ${insertLease}`)
  const record = namedStatement('record', `with claimed as (${claimedBefore}), counter as (${countTasks}) ${insertEvents}`)
  const commit = namedStatement('commit', 'commit')
  return {
    async checkout(client, claim) {
      const { credential, row } = prepare(claim, epoch)
      await begin.run(client, {})
      const [claimed] = await claimOne.run(client, row)
      if (!claimed) {
        await client.query('rollback')
        throw refused(claim)
      }
      const all = { ...row, ...claimed }
      await own.run(client, all)
      await record.run(client, all)
      await commit.run(client, {})
      return { runId: row.runId, credential }
    },
  }
}

function prepare(claim: Claim, epoch: number) {
  const nowMs = Date.now()
  const { credential, hash } = newCredential()
  const ids = { runId: newId(nowMs), assignedId: newId(nowMs), claimedId: newId(nowMs), startedId: newId(nowMs) }
  return { credential, row: { ...claim, ...ids, hash, workerId, leaseMs, epoch, now: new Date(nowMs).toISOString() } }
}

function refused({ taskId }: Claim): Error {
  return new Error(`the raw twin was refused the task ${taskId}`)
}
