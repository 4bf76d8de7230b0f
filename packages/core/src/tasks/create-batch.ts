import { sql, type Kysely } from 'kysely'
import type { z } from 'zod'

import { tableOf } from '../database/open.ts'
import { rawStatement, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { eventActor, type Actor } from '../kernel/actor.ts'
import type { Batch, BatchCall, BatchContext, Done } from '../kernel/batch.ts'
import { announceWriting } from '../events/sql.ts'
import type { AnyEvent } from '../kernel/events.ts'
import { blankTask } from './create.ts'
import type { CreateInput, CreateManyInput, CreatedMany, NewTask, Task } from './schema.ts'
import { toTask, type TaskTable } from './table.ts'

type Wish = z.output<typeof NewTask>
type Created = TaskTable & { event_id: string; seq: number }

interface Given {
  members: string
  companyId: string
  count: number
  now: string
  epoch: number
}

/** Creates tasks that nobody is named for, in the order given, with the next numbers of an active or paused company. */
const createAll = statement((db, given: Given) => rawStatement<Created>(db, createText(db, given)))

function createText(db: Kysely<Database>, given: Given) {
  const [tasks, companies, counters] = [tableOf(db, 'tasks'), tableOf(db, 'companies'), tableOf(db, 'company_counters')]
  const [events, instance] = [tableOf(db, 'events'), tableOf(db, 'engine_instance')]
  return sql<Created>`
    with member as (
      select * from jsonb_to_recordset(${given.members}::jsonb) as m (
        place int, id uuid, event uuid, title text, description text, status text, priority bigint, goal uuid, tags jsonb, criteria jsonb,
        context jsonb, attempts bigint, "actorKind" text, "actorId" text, "requestId" text)
    ), company as (
      update ${companies} set task_counter = task_counter + ${given.count}::bigint
      where id = ${given.companyId}::uuid and status <> 'archived'
      returning id, task_prefix, task_counter - ${given.count}::bigint as taken
    ), task as (
      insert into ${tasks} (id, company_id, identifier, title, description, status, priority, goal_id, required_capabilities, tags,
        acceptance_criteria, context, max_attempts, version, created_at, updated_at)
      select m.id, c.id, c.task_prefix || '-' || (c.taken + m.place + 1), m.title, m.description, m.status, m.priority, m.goal, '[]', m.tags,
        m.criteria, m.context, m.attempts, 1, ${given.now}::timestamptz, ${given.now}::timestamptz
      from member m cross join company c order by m.place
      returning *
    ), counter as (
      insert into ${counters} (company_id, shard, backlog, todo, in_progress, in_review, blocked, done, cancelled)
      select company_id, pg_backend_pid() % 16, count(*) filter (where status = 'backlog'), count(*) filter (where status = 'todo'), 0, 0, 0, 0, 0
      from task group by company_id
      on conflict (company_id, shard) do update set backlog = company_counters.backlog + excluded.backlog,
        todo = company_counters.todo + excluded.todo
    ), event as (
      insert into ${events} (id, epoch, company_id, type, actor_kind, actor_id, run_id, entity_type, entity_id, entity_version, data, request_id, at)
      select m.event, (select epoch from ${instance} where epoch = ${given.epoch}), t.company_id, 'task.created', m."actorKind", m."actorId", null,
        'task', t.id, 1, jsonb_build_object('identifier', t.identifier, 'title', t.title, 'status', t.status, 'blockedBy', '[]'::jsonb),
        m."requestId", ${given.now}::timestamptz
      from (select ${announceWriting(db)} as announced offset 0) as writing, task t join member m on m.id = t.id order by m.place
      returning id, entity_id, seq
    )
    select t.*, e.id as event_id, e.seq from task t join event e on e.entity_id = t.id`
}

/** Nothing to look up, nobody to wake. */
function isOrdinary(wish: Wish): boolean {
  const isRouted = Boolean(wish.preferredAgentId) || (wish.requiredCapabilities?.length ?? 0) > 0
  return !wish.parentId && !wish.assigneeAgentId && !isRouted && (wish.blockedBy?.length ?? 0) === 0
}

export const createBatch: Batch<z.output<typeof CreateInput>, Task> = {
  key: (input) => (isOrdinary(input) ? input.companyId : null),
  async run(context, calls) {
    const wishes = calls.map((call) => ({ call, wishes: [call.input] }))
    const done = await createTogether(context, wishes)
    return done.map((tasks) => {
      const [only] = tasks ?? []
      return only ? { output: only.output, events: only.events } : null
    })
  },
}

export const createManyBatch: Batch<z.output<typeof CreateManyInput>, z.output<typeof CreatedMany>> = {
  key: (input) => (input.tasks.every(isOrdinary) ? input.companyId : null),
  async run(context, calls) {
    const wishes = calls.map((call) => ({ call, wishes: call.input.tasks }))
    const done = await createTogether(context, wishes)
    return done.map((tasks) => {
      if (!tasks) return null
      const items = tasks.map((task) => ({ status: 'created' as const, task: task.output }))
      return { output: { items }, events: tasks.flatMap((task) => task.events) }
    })
  },
}

interface Wishes {
  readonly call: BatchCall<{ companyId: string }>
  readonly wishes: readonly Wish[]
}

/** Creates all tasks of all calls, which name one company; null for each call whose actor may not, and for all when it is not there. */
async function createTogether(context: BatchContext, all: readonly Wishes[]): Promise<(Done<Task>[] | null)[]> {
  const companyId = all[0]?.call.input.companyId ?? ''
  const allowed = all.map(({ call }) => call.companies === 'all' || call.companies.includes(companyId))
  const members = all.flatMap(({ call, wishes }, index) =>
    allowed[index] ? wishes.map((wish) => toMember(context, { call, wish, companyId })) : [],
  )
  if (members.length === 0) return all.map(() => null)
  const rows = await createAll(context.db, {
    members: JSON.stringify(members.map(({ document }, place) => ({ ...document, place }))),
    companyId,
    count: members.length,
    now: context.now,
    epoch: context.epoch,
  })
  const created = new Map(rows.map((row) => [row.id, row]))
  return all.map(({ call }, index) => {
    const own = allowed[index] ? members.filter((member) => member.call === call) : []
    const done = own.flatMap(({ document }) => {
      const row = created.get(document.id)
      return row ? [toDone(row, call)] : []
    })
    return done.length > 0 ? done : null
  })
}

function toMember(context: BatchContext, given: { call: Wishes['call']; wish: Wish; companyId: string }) {
  const { call, wish, companyId } = given
  const row = blankTask({ companyId, now: context.now, newId: context.newId }, wish)
  const { kind, id } = eventActor(call.actor)
  const document = {
    id: row.id,
    event: context.newId(),
    title: row.title,
    description: row.description,
    status: row.status,
    priority: row.priority,
    goal: row.goal_id,
    tags: wish.tags ?? [],
    criteria: wish.acceptanceCriteria ?? [],
    context: wish.context ?? {},
    attempts: row.max_attempts,
    actorKind: kind,
    actorId: id,
    requestId: call.requestId,
  }
  return { call, document }
}

function toDone(row: Created, call: { actor: Actor; requestId: string | null }): Done<Task> {
  const task = toTask(row)
  const event: AnyEvent = {
    id: row.event_id,
    seq: row.seq,
    companyId: row.company_id,
    type: 'task.created',
    actor: eventActor(call.actor),
    entity: { type: 'task', id: row.id, version: 1 },
    data: { identifier: row.identifier, title: row.title, status: row.status, blockedBy: [] },
    requestId: call.requestId,
    at: row.created_at,
  }
  return { output: task, events: [event] }
}
