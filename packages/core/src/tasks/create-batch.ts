import { sql, type Kysely } from 'kysely'
import type { z } from 'zod'

import { tableOf } from '../database/open.ts'
import { rawStatement, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { eventActor } from '../kernel/actor.ts'
import type { Batch, BatchCall, BatchContext, Done } from '../kernel/batch.ts'
import { announceWriting, noRouteListens } from '../events/sql.ts'
import type { AnyEvent } from '../kernel/events.ts'
import { longestBody, searchableBody, wordsOf } from '../search/words.ts'
import { blankTask } from './create.ts'
import type { CreateInput, CreateManyInput, CreatedMany, NewTask, Task } from './schema.ts'
import { toTask, type TaskTable } from './table.ts'

type Wish = z.output<typeof NewTask>
type Created = { id: string; identifier: string; seq: number }

interface Given {
  members: string
  companyId: string
  count: number
  backlog: number
  todo: number
  now: string
  epoch: number
}

/**
 * Creates tasks that nobody is named for, in the order given, with the next numbers of an active or paused company in which
 * nothing is routed without being asked for (see `mayRoute`) and no route listens. Tells only what the caller cannot know: the rest of each row it
 * has, from `blankTask`, so whatever that sets must be written here too.
 */
const createAll = statement((db, given: Given) => rawStatement<Created>(db, createText(db, given)))

function createText(db: Kysely<Database>, given: Given) {
  const [tasks, companies, counters] = [tableOf(db, 'tasks'), tableOf(db, 'companies'), tableOf(db, 'company_counters')]
  const [events, instance, rules] = [tableOf(db, 'events'), tableOf(db, 'engine_instance'), tableOf(db, 'routing_rules')]
  return sql<Created>`
    with company as (
      update ${companies} set task_counter = task_counter + ${given.count}::bigint
      where id = ${given.companyId}::uuid and status <> 'archived' and default_agent_id is null
        and not exists (select from ${rules} where company_id = ${given.companyId}::uuid and is_enabled = 1)
        and ${noRouteListens(db, sql`${given.companyId}::uuid`, ['task.created'])}
      returning id, task_prefix, task_counter - ${given.count}::bigint as taken
    ), member as (
      select m.*, c.id as company_id, c.task_prefix || '-' || (c.taken + m.place + 1) as identifier
      from jsonb_to_recordset(${given.members}::jsonb) as m (
        place int, id uuid, event uuid, title text, description text, status text, priority bigint, goal uuid, tags jsonb, criteria jsonb,
        context jsonb, attempts bigint, due timestamptz, billing text, "titleWords" text, "bodyWords" text, "actorKind" text, "actorId" text, "requestId" text) cross join company c
      order by m.place
    ), task as (
      insert into ${tasks} (id, company_id, identifier, title, description, status, priority, goal_id, required_capabilities, tags,
        acceptance_criteria, context, max_attempts, due_at, billing_code, created_by_kind, created_by_id, version, created_at, updated_at)
      select id, company_id, identifier, title, description, status, priority, goal, '[]', tags,
        criteria, context, attempts, due, billing, "actorKind", "actorId", 1, ${given.now}::timestamptz, ${given.now}::timestamptz
      from member
    ), entry as (
      insert into ${tableOf(db, 'search_entries')} (company_id, entity_type, entity_id, task_id, title, body, title_words, body_words)
      select company_id, 'task', id, id, identifier || ' ' || title, left(coalesce(description, ''), ${sql.lit(longestBody)}),
        rtrim(lower(replace(identifier, '-', ' ')) || ' ' || "titleWords"), "bodyWords"
      from member
    ), counter as (
      insert into ${counters} (company_id, shard, backlog, todo, in_progress, in_review, blocked, done, cancelled)
      select id, pg_backend_pid() % 16, ${given.backlog}::bigint, ${given.todo}::bigint, 0, 0, 0, 0, 0 from company
      on conflict (company_id, shard) do update set backlog = company_counters.backlog + excluded.backlog,
        todo = company_counters.todo + excluded.todo
    )
    insert into ${events} (id, epoch, company_id, type, actor_kind, actor_id, run_id, entity_type, entity_id, entity_version, data, request_id, at)
    select event, (select epoch from ${instance} where epoch = ${given.epoch}), company_id, 'task.created', "actorKind", "actorId", null,
      'task', id, 1, jsonb_build_object('identifier', identifier, 'title', title, 'status', status, 'blockedBy', '[]'::jsonb),
      "requestId", ${given.now}::timestamptz
    from (select ${announceWriting(db)} as announced offset 0) as writing, member
    returning entity_id as id, data ->> 'identifier' as identifier, seq`
}

/** Nothing to look up, nobody to wake. */
function isOrdinary(wish: Wish): boolean {
  const isRouted = Boolean(wish.preferredAgentId) || (wish.requiredCapabilities?.length ?? 0) > 0
  const hasPlace = Boolean(wish.parentId ?? wish.projectId ?? wish.sprintId)
  const names = [...(wish.blockedBy ?? []), ...(wish.labels ?? [])]
  return !hasPlace && !wish.assigneeAgentId && !wish.assigneeUserId && !isRouted && names.length === 0
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
    backlog: members.filter(({ row }) => row.status === 'backlog').length,
    todo: members.filter(({ row }) => row.status === 'todo').length,
    now: context.now,
    epoch: context.epoch,
  })
  const created = new Map(rows.map((row) => [row.id, row]))
  return all.map(({ call }, index) => {
    const own = allowed[index] ? members.filter((member) => member.call === call) : []
    const done = own.flatMap((member) => {
      const found = created.get(member.row.id)
      return found ? [toDone(member, found)] : []
    })
    return done.length > 0 ? done : null
  })
}

interface Member {
  readonly call: Wishes['call']
  readonly row: TaskTable
  readonly document: Readonly<Record<string, unknown>> & { readonly event: string }
}

function toMember(context: BatchContext, given: { call: Wishes['call']; wish: Wish; companyId: string }): Member {
  const { call, wish, companyId } = given
  const row = blankTask({ companyId, now: context.now, actor: call.actor, newId: context.newId }, wish)
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
    due: row.due_at,
    billing: row.billing_code,
    titleWords: wordsOf(row.title).join(' '),
    bodyWords: wordsOf(searchableBody(row.description ?? '')).join(' '),
    actorKind: kind,
    actorId: id,
    requestId: call.requestId,
  }
  return { call, row, document }
}

function toDone({ call, row, document }: Member, { identifier, seq }: Created): Done<Task> {
  const task = toTask({ ...row, identifier })
  const event: AnyEvent = {
    id: document.event,
    seq,
    companyId: row.company_id,
    type: 'task.created',
    actor: eventActor(call.actor),
    entity: { type: 'task', id: row.id, version: 1 },
    data: { identifier, title: row.title, status: row.status, blockedBy: [] },
    requestId: call.requestId,
    at: row.created_at,
  }
  return { output: task, events: [event] }
}
