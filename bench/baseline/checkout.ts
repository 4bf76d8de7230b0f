import type { Database, Statement } from 'better-sqlite3'

import { newId } from '../lib/id.ts'
import { leaseMs, newCredential, workerId, type Claim } from './claim.ts'

/** What the guarded update returns: all that the other rows need. */
interface Claimed {
  readonly fence: number
  readonly version: number
  readonly priority: number
}

// The guards of `tasks.checkout`, as one writes them by hand for SQLite: every subquery finds its rows by an index that names
// the task or the agent, and none is a join, and a sign before the
// parameters hides them from the planner: SQLite prepares joins and much else anew whenever values change that it has looked at. What asks for more rows than
// these (a person's task, an agent whose tasks are counted, hard budgets, routes that listen) is refused.
const claimTask = `
  update tasks set status = 'in_progress', fence = fence + 1, version = version + 1, assignee_agent_id = ?, checkout_run_id = ?,
    checkout_agent_id = ?, checkout_at = ?, started_at = coalesce(started_at, ?), updated_at = ?, blocked_reason = null,
    blocked_owner = null, progress_percent = 0, progress_message = null
  where company_id = +? and id = +? and status in ('backlog', 'todo', 'in_review', 'blocked')
    and (assignee_agent_id is null or assignee_agent_id = +?) and assignee_user_id is null and held_by_task_id is null
    and not exists (select 1 from leases l where l.company_id = tasks.company_id and l.task_id = tasks.id)
    and not exists (select 1 from task_blockers b where b.company_id = tasks.company_id and b.task_id = tasks.id
      and not exists (select 1 from tasks t where t.company_id = b.company_id and t.id = b.blocker_id and t.status in ('done', 'cancelled')))
    and not exists (select 1 from deliverables d where d.company_id = tasks.company_id and d.task_id = tasks.id and d.status = 'pending')
    and (status <> 'blocked' or not exists (select 1 from runs r where r.company_id = tasks.company_id and r.task_id = tasks.id
      and r.status = 'waiting'))
    and exists (select 1 from agents a where a.company_id = +? and a.id = +? and a.status = 'idle'
      and a.live_runs < a.max_concurrent_runs and a.max_concurrent_tasks is null
      and exists (select 1 from companies c where c.id = a.company_id and c.status = 'active' and c.strategy_gate <> 'closed'))
    and not exists (select 1 from budgets b where b.company_id = tasks.company_id and b.removed_at is null and b.is_hard = 1)
    and not exists (select 1 from route_events r where r.company_id = tasks.company_id
      and r.pattern in ('*', 'task.*', 'task.assigned', 'task.claimed', 'run.*', 'run.started'))
  returning fence, version, priority`

/** Others that wait to begin this task. */
const queuedRuns = `select id from runs where company_id = +? and task_id = +? and status = 'queued'`

const insertRun = `
  insert into runs (id, company_id, agent_id, task_id, status, wake_reasons, priority, attempt, fence, worker_id, credential_hash,
    available_at, version, created_at, updated_at, started_at)
  values (?, ?, ?, ?, 'running', '["manual"]', ?, 1, ?, ?, ?, ?, 1, ?, ?, ?)`

const insertLease = `insert into leases (run_id, company_id, task_id, agent_id, fence, worker_id, expires_at) values (?, ?, ?, ?, ?, ?, ?)`

const countRun = `update agents set live_runs = live_runs + 1 where company_id = ? and id = ?`

const countTasks = `
  insert into company_counters as counter (company_id, shard, backlog, todo, in_progress, in_review, blocked, done, cancelled)
  values (?, 0, 0, -1, 1, 0, 0, 0, 0)
  on conflict (company_id, shard) do update set todo = counter.todo + excluded.todo, in_progress = counter.in_progress + excluded.in_progress`

const insertEvent = `
  insert into events (id, epoch, company_id, type, actor_kind, actor_id, run_id, entity_type, entity_id, entity_version, data, request_id, at)
  values (?, (select epoch from engine_instance where epoch = ?), ?, ?, 'system', 'system', null, ?, ?, ?, ?, null, ?)`

export interface CheckoutTwin {
  begin(): void
  commit(): void
  /** Runs one member of a group, so that a failing one can be undone alone, as in the engine's group commit. */
  inSavepoint(work: () => void): void
  /** Writes the rows of one checkout inside an open transaction. @throws when the guards refuse it */
  checkout(claim: Claim): { runId: string; fence: number; credential: string }
}

/** The rows of `engine.tasks.checkout()` by hand: statements prepared once, nothing parsed, authorized, read ahead or answered in full. */
export function createCheckoutTwin(database: Database): CheckoutTwin {
  const prepare = (text: string): Statement<unknown[]> => database.prepare(text)
  const statements = {
    claim: prepare(claimTask),
    queued: prepare(queuedRuns),
    run: prepare(insertRun),
    lease: prepare(insertLease),
    countRun: prepare(countRun),
    countTasks: prepare(countTasks),
    event: prepare(insertEvent),
  }
  const epoch = database.prepare('select epoch from engine_instance').pluck().get()
  const [begin, commit] = [prepare('begin immediate'), prepare('commit')]
  const savepoint = { open: prepare('savepoint member'), release: prepare('release member'), undo: prepare('rollback to member') }

  function checkout({ companyId, taskId, agentId }: Claim) {
    const nowMs = Date.now()
    const now = new Date(nowMs).toISOString()
    const runId = newId(nowMs)
    const { credential, hash } = newCredential()
    const guards = [companyId, taskId, agentId, companyId, agentId]
    // The columns of this statement's RETURNING.
    const claimed = statements.claim.get(agentId, runId, agentId, now, now, now, ...guards) as Claimed | undefined
    if (!claimed) throw new Error(`the raw twin was refused the task ${taskId}`)
    if (statements.queued.get(companyId, taskId)) throw new Error(`the raw twin has no way to cancel what waits for the task ${taskId}`)
    const { fence, version, priority } = claimed
    statements.run.run(runId, companyId, agentId, taskId, priority, fence, workerId, hash, now, now, now, now)
    statements.lease.run(runId, companyId, taskId, agentId, fence, workerId, new Date(nowMs + leaseMs).toISOString())
    statements.countRun.run(companyId, agentId)
    statements.countTasks.run(companyId)
    const record = (type: string, entity: readonly [type: string, id: string, version: number], data: object) =>
      statements.event.run(newId(nowMs), epoch, companyId, type, ...entity, JSON.stringify(data), now)
    record('task.assigned', ['task', taskId, version], { agentId, reason: 'checked it out' })
    record('task.claimed', ['task', taskId, version], { runId, agentId, fence, from: 'todo' })
    record('run.started', ['run', runId, 1], { taskId, agentId, attempt: 1, fence, workerId })
    return { runId, fence, credential }
  }

  function inSavepoint(work: () => void) {
    savepoint.open.run()
    try {
      work()
    } catch (error) {
      savepoint.undo.run()
      throw error
    } finally {
      savepoint.release.run()
    }
  }

  return { begin: () => void begin.run(), commit: () => void commit.run(), inSavepoint, checkout }
}
