import type { Database, Statement } from 'better-sqlite3'
import type { Client } from 'pg'

import { newId } from '../lib/id.ts'
import { namedStatement } from '../lib/named-statement.ts'

/** A run that is done, as the raw twins are told of it. */
export interface Ending {
  readonly companyId: string
  readonly taskId: string
  readonly agentId: string
  readonly runId: string
}

/** The rows of `runs.report()` with the outcome `done` as one prepared statement, which is its own transaction. */
export function createPgEndTwin(epoch: number) {
  const statement = namedStatement(
    'end',
    `with lease as (delete from engine.leases where company_id = {companyId:uuid} and run_id = {runId:uuid} returning fence),
    run as (
      update engine.runs set outcome = '{"kind":"done"}', status = 'succeeded', finished_at = {now:timestamptz}, updated_at = {now:timestamptz},
        version = version + 1
      where company_id = {companyId:uuid} and id = {runId:uuid} and exists (select from lease) returning version, attempt),
    task as (
      update engine.tasks set status = 'done', checkout_run_id = null, checkout_agent_id = null, checkout_at = null, blocked_reason = null,
        blocked_owner = null, moved_at = {now:timestamptz}, completed_at = {now:timestamptz}, progress_percent = 100,
        updated_at = {now:timestamptz}, version = version + 1
      where company_id = {companyId:uuid} and id = {taskId:uuid} and status = 'in_progress' and exists (select from run) returning version),
    agent as (
      update engine.agents set live_runs = live_runs - 1
      where company_id = {companyId:uuid} and id = {agentId:uuid} and exists (select from task)),
    counter as (
      insert into engine.company_counters as counter (company_id, shard, backlog, todo, in_progress, in_review, blocked, done, cancelled)
      select {companyId:uuid}, pg_backend_pid() % 16, 0, 0, -1, 0, 0, 1, 0 from task
      on conflict (company_id, shard) do update set in_progress = counter.in_progress - 1, done = counter.done + 1),
    event as (
      insert into engine.events (id, epoch, company_id, type, actor_kind, actor_id, run_id, entity_type, entity_id, entity_version, data, at)
      select event.id, (select epoch from engine.engine_instance where epoch = {epoch:bigint}), {companyId:uuid}, event.type, 'agent',
        {agentId:text}, {runId:uuid}, event.entity_type, event.entity_id, event.entity_version, event.data, {now:timestamptz}
      from task, run, lateral (values
        (1, {endedId:uuid}, 'run.succeeded', 'run', {runId:uuid}, run.version,
          jsonb_build_object('taskId', {taskId:uuid}, 'agentId', {agentId:uuid}, 'attempt', run.attempt, 'outcome', 'done')),
        (2, {changedId:uuid}, 'task.status_changed', 'task', {taskId:uuid}, task.version,
          jsonb_build_object('from', 'in_progress', 'to', 'done', 'verb', 'report', 'reason', null)),
        (3, {completedId:uuid}, 'task.completed', 'task', {taskId:uuid}, task.version, jsonb_build_object('runId', {runId:uuid}))
      ) as event (place, id, type, entity_type, entity_id, entity_version, data)
      order by event.place)
    select version from task`,
  )
  return {
    async end(client: Client, ending: Ending): Promise<void> {
      const nowMs = Date.now()
      const ids = { endedId: newId(nowMs), changedId: newId(nowMs), completedId: newId(nowMs) }
      const rows = await statement.run(client, { ...ending, ...ids, epoch, now: new Date(nowMs).toISOString() })
      if (rows.length === 0) throw new Error(`the raw twin could not end the run ${ending.runId}`)
    },
  }
}

/** The same on SQLite, inside an open transaction. */
export function createSqliteEndTwin(database: Database) {
  const prepare = (text: string): Statement<unknown[]> => database.prepare(text)
  const lease = prepare('delete from leases where company_id = ? and run_id = ?')
  const run = prepare(`
    update runs set outcome = '{"kind":"done"}', status = 'succeeded', finished_at = ?, updated_at = ?, version = version + 1
    where company_id = ? and id = ? returning version, attempt`)
  const task = prepare(`
    update tasks set status = 'done', checkout_run_id = null, checkout_agent_id = null, checkout_at = null, blocked_reason = null,
      blocked_owner = null, moved_at = ?, completed_at = ?, progress_percent = 100, updated_at = ?, version = version + 1
    where company_id = ? and id = ? and status = 'in_progress' returning version`)
  const agent = prepare('update agents set live_runs = live_runs - 1 where company_id = ? and id = ?')
  const counter = prepare('update company_counters set in_progress = in_progress - 1, done = done + 1 where company_id = ? and shard = 0')
  const event = prepare(`
    insert into events (id, epoch, company_id, type, actor_kind, actor_id, run_id, entity_type, entity_id, entity_version, data, at)
    values (?, (select epoch from engine_instance where epoch = ?), ?, ?, 'agent', ?, ?, ?, ?, ?, ?, ?)`)
  const epoch = database.prepare('select epoch from engine_instance').pluck().get()
  return {
    end({ companyId, taskId, agentId, runId }: Ending): void {
      const nowMs = Date.now()
      const now = new Date(nowMs).toISOString()
      if (lease.run(companyId, runId).changes === 0) throw new Error(`the raw twin found no lease of the run ${runId}`)
      // The columns of these statements' RETURNING.
      const ended = run.get(now, now, companyId, runId) as { version: number; attempt: number }
      const { version } = task.get(now, now, now, companyId, taskId) as { version: number }
      agent.run(companyId, agentId)
      counter.run(companyId)
      const record = (type: string, entity: readonly [type: string, id: string, version: number], data: object) =>
        event.run(newId(nowMs), epoch, companyId, type, agentId, runId, ...entity, JSON.stringify(data), now)
      record('run.succeeded', ['run', runId, ended.version], { taskId, agentId, attempt: ended.attempt, outcome: 'done' })
      record('task.status_changed', ['task', taskId, version], { from: 'in_progress', to: 'done', verb: 'report', reason: null })
      record('task.completed', ['task', taskId, version], { runId })
    },
  }
}
