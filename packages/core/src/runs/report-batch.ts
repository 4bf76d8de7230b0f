import { sql, type Kysely, type Transaction } from 'kysely'
import type { z } from 'zod'

import { tableOf } from '../database/open.ts'
import { rawStatement, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { announceWriting } from '../events/numbers.ts'
import { noRouteListens, toDocument } from '../events/sql.ts'
import { eventActor } from '../kernel/actor.ts'
import type { Batch, BatchCall, BatchContext, Done } from '../kernel/batch.ts'
import type { AnyEvent } from '../kernel/events.ts'
import { outcomeChanges, aboutRun, runRef } from './end.ts'
import type { Report, Run } from './schema.ts'
import { toRun, type RunTable } from './table.ts'

type Input = z.output<typeof Report>
type Call = BatchCall<Input>
type Unsequenced = Omit<AnyEvent, 'seq'>

type Held = RunTable & { place: number; task_version: number }

interface Given {
  members: string
}

/**
 * The runs that hold their leases and whose tasks are under way, with both rows ours. Runs whose rows somebody else has are left to
 * the handler, so that nobody in the batch waits for them. A run that tried a provider has more to tell than that it is done, and so
 * has a task about which something was asked.
 */
const lockAll = statement((db, given: Given) =>
  rawStatement<Held>(
    db,
    sql<Held>`select r.*, m.place, t.version as task_version
      from jsonb_to_recordset(${given.members}::jsonb) as m (place int, run uuid, company uuid, fence bigint)
      join ${tableOf(db, 'leases')} l on l.run_id = m.run
      join ${tableOf(db, 'runs')} r on r.company_id = l.company_id and r.id = l.run_id
      join ${tableOf(db, 'tasks')} t on t.company_id = l.company_id and t.id = l.task_id
      where l.run_id = any(array(select run from jsonb_to_recordset(${given.members}::jsonb) as k (run uuid)))
        and l.fence = m.fence and l.company_id = m.company
        and r.status = 'running' and r.adapter_reason is distinct from 'probe'
        and t.status = 'in_progress' and t.checkout_run_id = r.id and t.is_asked = 0
      for update of l skip locked for no key update of r, t skip locked`,
  ),
)

interface Numbered {
  id: string
  seq: number
}

interface Ending {
  members: string
  events: string
  now: string
  epoch: number
}

/**
 * Ends those of the locked runs for which nothing is queued or held and whose tasks nobody waits for: what was written before our
 * locks is seen here, and nobody writes such things without the lock of the task or of the lease. Something may still be held of a
 * budget that was removed. They are asked for one task at a time: a join would tempt a planner to read all runs.
 */
const endAll = statement((db, given: Ending) => rawStatement<Numbered>(db, endText(db, given)))

function endText(db: Kysely<Database>, given: Ending) {
  const [runs, tasks, agents, leases] = [tableOf(db, 'runs'), tableOf(db, 'tasks'), tableOf(db, 'agents'), tableOf(db, 'leases')]
  const [counters, events, instance] = [tableOf(db, 'company_counters'), tableOf(db, 'events'), tableOf(db, 'engine_instance')]
  return sql<Numbered>`with member as (
      select m.* from jsonb_to_recordset(${given.members}::jsonb) as m (run uuid, company uuid, task uuid, agent uuid, outcome jsonb)
      where (select b.task_id from ${tableOf(db, 'task_blockers')} b where b.company_id = m.company and b.blocker_id = m.task limit 1) is null
        and (select q.id from ${runs} q where q.company_id = m.company and q.task_id = m.task and q.status in ('queued', 'waiting') limit 1) is null
        and (select b.id from ${tableOf(db, 'budgets')} b where b.company_id = m.company limit 1) is null
        and ${noRouteListens(db, sql`m.company`, ['run.succeeded', 'task.status_changed', 'task.completed'])}
    ), lease as (
      delete from ${leases} l where l.run_id = any(array(select run from member))
    ), run as (
      update ${runs} r set status = 'succeeded', outcome = m.outcome, finished_at = ${given.now}::timestamptz,
        updated_at = ${given.now}::timestamptz, version = r.version + 1
      from member m where r.id = any(array(select run from member)) and r.id = m.run
    ), task as (
      update ${tasks} t set status = 'done', checkout_run_id = null, checkout_agent_id = null, checkout_at = null, blocked_reason = null,
        blocked_owner = null, moved_at = ${given.now}::timestamptz, completed_at = ${given.now}::timestamptz, progress_percent = 100,
        updated_at = ${given.now}::timestamptz, version = t.version + 1
      where t.id = any(array(select task from member))
    ), agent as (
      update ${agents} a set live_runs = a.live_runs - n.ended
      from (select company, agent, count(*) as ended from member group by company, agent order by agent) n
      where a.company_id = n.company and a.id = n.agent
    ), counter as (
      insert into ${counters} (company_id, shard, backlog, todo, in_progress, in_review, blocked, done, cancelled)
      select company, pg_backend_pid() % 16, 0, 0, -count(*), 0, 0, count(*), 0 from member group by company order by company
      on conflict (company_id, shard) do update set in_progress = company_counters.in_progress + excluded.in_progress,
        done = company_counters.done + excluded.done
    ), event as (
      insert into ${events} (id, epoch, company_id, type, actor_kind, actor_id, run_id, entity_type, entity_id, entity_version, data, request_id, at)
      select n.id, (select epoch from ${instance} where epoch = ${given.epoch}), n.company_id, n.type, n.actor_kind, n.actor_id, n.run_id,
        n.entity_type, n.entity_id, n.entity_version, n.data, n.request_id, n.at
      from (select ${announceWriting(db)} as announced offset 0) as writing,
        jsonb_populate_recordset(null::${events}, ${given.events}::jsonb) with ordinality as n
      where n.run_id = any(array(select run from member))
      order by n.ordinality
      returning id, seq
    )
    select id, seq from event`
}

/** Runs that say of themselves that they are done, with nothing besides, as one transaction of two statements. */
export const reportBatch: Batch<Input, Run> = {
  fencesRuns: true,
  key({ runId, outcome, usage, session, isUnpriced = false }, actor) {
    const isOwn = actor.kind === 'run' && actor.id === runId
    const isAll = session === undefined && Object.values(usage ?? {}).every((amount) => !amount)
    return isOwn && outcome.kind === 'done' && isAll && !isUnpriced ? '' : null
  },
  run: (context, calls) => context.inTransaction((tx) => endTogether(context, tx, calls)),
}

async function endTogether(context: BatchContext, tx: Transaction<Database>, calls: readonly Call[]): Promise<(Done<Run> | null)[]> {
  const held = await lockAll(tx, { members: JSON.stringify(memberList(calls)) })
  const endings = held.flatMap((row) => {
    const call = calls[row.place]
    return call ? [toEnding(context, row, call)] : []
  })
  const done = calls.map((): Done<Run> | null => null)
  if (endings.length === 0) return done
  const rows = await endAll(tx, {
    members: JSON.stringify(endings.map(({ member }) => member)),
    events: JSON.stringify(endings.flatMap(({ events }) => events.map(toDocument))),
    now: context.now,
    epoch: context.epoch,
  })
  const seqs = new Map(rows.map(({ id, seq }) => [id, seq]))
  for (const { place, run, events } of endings) {
    const numbered = events.flatMap((event): AnyEvent[] => {
      const seq = seqs.get(event.id)
      // The same event, with its place in the log.
      return seq === undefined ? [] : [{ ...event, seq } as AnyEvent]
    })
    if (numbered.length > 0) done[place] = { output: toRun(run), events: numbered }
  }
  return done
}

/** One member a run: of two calls of the same one, the second is told by the handler that it has ended. */
function memberList(calls: readonly Call[]) {
  const members = new Map<string, { place: number; run: string; company: string; fence: number }>()
  for (const [place, { actor }] of calls.entries())
    if (actor.kind === 'run' && !members.has(actor.id))
      members.set(actor.id, { place, run: actor.id, company: actor.companyId, fence: actor.fence })
  return [...members.values()]
}

/** All that is written of the end of a run, known before it is. */
function toEnding(context: BatchContext, { place, task_version: taskVersion, ...row }: Held, { actor, input, requestId }: Call) {
  const { now } = context
  const run: RunTable = {
    ...row,
    ...outcomeChanges(input.outcome),
    status: 'succeeded',
    version: row.version + 1,
    updated_at: now,
    finished_at: now,
  }
  const envelope = { companyId: run.company_id, actor: eventActor(actor), requestId, at: now }
  const task = { type: 'task', id: run.task_id, version: taskVersion + 1 } as const
  const events: Unsequenced[] = [
    { ...envelope, id: context.newId(), type: 'run.succeeded', entity: runRef(run), data: { ...aboutRun(run), outcome: 'done' } },
    {
      ...envelope,
      id: context.newId(),
      type: 'task.status_changed',
      entity: task,
      data: { from: 'in_progress', to: 'done', verb: 'report', reason: null },
    },
    { ...envelope, id: context.newId(), type: 'task.completed', entity: task, data: { runId: run.id } },
  ]
  const member = { run: run.id, company: run.company_id, task: run.task_id, agent: run.agent_id, outcome: input.outcome }
  return { place, member, run, events }
}
