import { sql, type Kysely } from 'kysely'

import { tableOf } from '../database/open.ts'
import { rawStatement, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { announceWriting } from '../events/numbers.ts'
import { noRouteListens } from '../events/sql.ts'
import { entryColumns, memberColumns, taskColumns, taskValues } from './create-text.ts'

/** An event that was recorded: of the creation, the assignment, or the run that waits for the agent. */
interface Recorded {
  id: string
  seq: number
  identifier: string | null
}

interface Given {
  members: string
  companyId: string
  now: string
  epoch: number
}

/**
 * Creates tasks that agents are named for, and queues a run of each agent whose work starts by itself. Agents are locked first, as
 * they are by whoever creates one task; a call that names one whom
 * somebody else has locked is left to the general form.
 */
export const createAssigned = statement((db, given: Given) => rawStatement<Recorded>(db, text(db, given)))

function text(db: Kysely<Database>, given: Given) {
  const [agents, companies, runs] = [tableOf(db, 'agents'), tableOf(db, 'companies'), tableOf(db, 'runs')]
  return sql<Recorded>`
    with agent as materialized (
      select a.id, a.execution_mode from ${agents} a
      where a.company_id = ${given.companyId}::uuid and a.status not in ('terminated', 'pending_approval')
        and a.id = any(array(select k.agent from jsonb_to_recordset(${given.members}::jsonb) as k (agent uuid)))
      order by a.id
      for no key update skip locked
    ), wish as materialized (
      select w.*, row_number() over (order by w.place) as number
      from (
        select m.*, (m.waking ->> 'assigned')::uuid as assigned, (m.waking ->> 'run')::uuid as run, (m.waking ->> 'queued')::uuid as queued,
          a.execution_mode = 'auto' and m.status = 'todo' as wakes,
          count(a.id) over (partition by m.call) = count(*) over (partition by m.call) as is_whole
        from jsonb_to_recordset(${given.members}::jsonb) as m (${memberColumns}, call int, agent uuid, waking jsonb)
        left join agent a on a.id = m.agent
      ) w
      where w.is_whole
    ), company as (
      update ${companies} set task_counter = task_counter + (select count(*) from wish)
      where id = ${given.companyId}::uuid and status <> 'archived' and exists (select from wish)
        and ${noRouteListens(db, sql`${given.companyId}::uuid`, ['task.created', 'task.assigned', 'run.queued'])}
      returning id, task_prefix, task_counter - (select count(*) from wish) as taken
    ), member as (
      select w.*, c.id as company_id, c.task_prefix || '-' || (c.taken + w.number) as identifier
      from wish w cross join company c
      order by w.number
    ), task as (
      insert into ${tableOf(db, 'tasks')} (${taskColumns}, assignee_agent_id, version, created_at, updated_at)
      select ${taskValues}, agent, 2, ${given.now}::timestamptz, ${given.now}::timestamptz from member
    ), entry as (
      insert into ${tableOf(db, 'search_entries')} ${entryColumns} from member
    ), counter as (
      insert into ${tableOf(db, 'company_counters')} (company_id, shard, backlog, todo, in_progress, in_review, blocked, done, cancelled)
      select company_id, pg_backend_pid() % 16, count(*) filter (where status = 'backlog'), count(*) filter (where status = 'todo'), 0, 0, 0, 0, 0
      from member group by company_id
      on conflict (company_id, shard) do update set backlog = company_counters.backlog + excluded.backlog,
        todo = company_counters.todo + excluded.todo
    ), run as (
      insert into ${runs} (id, company_id, agent_id, task_id, status, wake_reasons, priority, attempt, available_at, version, created_at,
        updated_at, input_tokens, output_tokens, cached_input_tokens, cost_micros, is_budgeted)
      select run, company_id, agent, id, 'queued', '["assignment"]', priority, 1, ${given.now}::timestamptz, 1, ${given.now}::timestamptz,
        ${given.now}::timestamptz, 0, 0, 0, 0, 0
      from member where wakes
    )
    ${events(db, given)}`
}

function events(db: Kysely<Database>, given: Given) {
  const instance = tableOf(db, 'engine_instance')
  return sql`
    insert into ${tableOf(db, 'events')} (id, epoch, company_id, type, actor_kind, actor_id, run_id, entity_type, entity_id, entity_version, data, request_id, at)
    select n.id, (select epoch from ${instance} where epoch = ${given.epoch}), m.company_id, n.type, m."actorKind", m."actorId", null,
      n.entity_type, n.entity_id, n.entity_version, n.data, m."requestId", ${given.now}::timestamptz
    from (select ${announceWriting(db)} as announced offset 0) as writing, member m cross join lateral (values
      (0, m.event, 'task.created', 'task', m.id, 1,
        jsonb_build_object('identifier', m.identifier, 'title', m.title, 'status', m.status, 'blockedBy', '[]'::jsonb)),
      (1, m.assigned, 'task.assigned', 'task', m.id, 2, jsonb_build_object('agentId', m.agent, 'reason', 'named at creation')),
      (2, m.queued, 'run.queued', 'run', m.run, 1, jsonb_build_object('taskId', m.id, 'agentId', m.agent, 'attempt', 1,
        'reasons', '["assignment"]'::jsonb, 'availableAt', ${given.now}::text))
    ) as n (step, id, type, entity_type, entity_id, entity_version, data)
    where n.step < 2 or m.wakes
    order by m.number, n.step
    returning id, data ->> 'identifier' as identifier, seq`
}
