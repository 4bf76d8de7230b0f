import { sql, type Kysely } from 'kysely'
import type { z } from 'zod'

import { tableOf } from '../database/open.ts'
import { rawStatement, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { eventActor } from '../kernel/actor.ts'
import type { Batch, BatchCall, BatchContext, Done } from '../kernel/batch.ts'
import { announceWriting } from '../events/numbers.ts'
import { noRouteListens } from '../events/sql.ts'
import type { AnyEvent } from '../kernel/events.ts'
import { searchableBody, wordsOf } from '../search/words.ts'
import { createAssigned } from './create-assigned-text.ts'
import { blankTask } from './create.ts'
import { entryColumns, memberColumns, taskColumns, taskValues } from './create-text.ts'
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
      from jsonb_to_recordset(${given.members}::jsonb) as m (${memberColumns}) cross join company c
      order by m.place
    ), task as (
      insert into ${tasks} (${taskColumns}, version, created_at, updated_at)
      select ${taskValues}, 1, ${given.now}::timestamptz, ${given.now}::timestamptz from member
    ), entry as (
      insert into ${tableOf(db, 'search_entries')} ${entryColumns} from member
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
    returning id, data ->> 'identifier' as identifier, seq`
}

/** Nothing to look up; at most an agent to wake. */
function isOrdinary(wish: Wish): boolean {
  const isRouted = Boolean(wish.preferredAgentId) || (wish.requiredCapabilities?.length ?? 0) > 0
  const hasPlace = Boolean(wish.parentId ?? wish.projectId ?? wish.sprintId)
  const names = [...(wish.blockedBy ?? []), ...(wish.labels ?? [])]
  return !hasPlace && !wish.assigneeUserId && !isRouted && names.length === 0
}

/** Tasks that agents are named for go together, and those that nobody is named for. */
function keyOf(companyId: string, wishes: readonly Wish[]): string | null {
  if (!wishes.every(isOrdinary)) return null
  const assigned = wishes.filter(({ assigneeAgentId }) => assigneeAgentId)
  if (assigned.length === 0) return companyId
  return assigned.length === wishes.length ? `${companyId} assigned` : null
}

export const createBatch: Batch<z.output<typeof CreateInput>, Task> = {
  key: (input) => keyOf(input.companyId, [input]),
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
  key: (input) => keyOf(input.companyId, input.tasks),
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

/**
 * Creates all tasks of all calls, which name one company; null for each call whose actor may not, and for those whose agents can
 * not be given one just now, and for all when the company is not there.
 */
async function createTogether(context: BatchContext, all: readonly Wishes[]): Promise<(Done<Task>[] | null)[]> {
  const companyId = all[0]?.call.input.companyId ?? ''
  const allowed = all.filter(({ call }) => call.companies === 'all' || call.companies.includes(companyId))
  const members = allowed.flatMap(({ call, wishes }, index) => wishes.map((wish) => newMember(context, { call, wish, companyId, index })))
  if (members.length === 0) return all.map(() => null)
  const seqs = members[0]?.document.waking
    ? await recordAssigned(context, { companyId, members })
    : await recordPlain(context, { companyId, members })
  return all.map(({ call }) => {
    const done = members.filter((member) => member.call === call).flatMap((member) => toDone(member, seqs) ?? [])
    return done.length > 0 ? done : null
  })
}

interface Together {
  readonly companyId: string
  readonly members: readonly Member[]
}

/** The places of events in the log, by their ids, and the names of the tasks that were created. */
interface Recorded {
  readonly seqs: ReadonlyMap<string, number>
  readonly identifiers: ReadonlyMap<string, string>
}

async function recordPlain({ db, now, epoch }: BatchContext, { companyId, members }: Together): Promise<Recorded> {
  const rows = await createAll(db, {
    members: documentOf(members),
    companyId,
    count: members.length,
    backlog: members.filter(({ row }) => row.status === 'backlog').length,
    todo: members.filter(({ row }) => row.status === 'todo').length,
    now,
    epoch,
  })
  return recordedIn(rows)
}

async function recordAssigned({ db, now, epoch }: BatchContext, { companyId, members }: Together): Promise<Recorded> {
  return recordedIn(await createAssigned(db, { members: documentOf(members), companyId, now, epoch }))
}

function recordedIn(rows: readonly { id: string; seq: number; identifier: string | null }[]): Recorded {
  return {
    seqs: new Map(rows.map(({ id, seq }) => [id, seq])),
    identifiers: new Map(rows.flatMap(({ id, identifier }) => (identifier === null ? [] : [[id, identifier]]))),
  }
}

function documentOf(members: readonly Member[]): string {
  return JSON.stringify(members.map(({ document }, place) => ({ ...document, place })))
}

interface Member {
  readonly call: Wishes['call']
  readonly row: TaskTable
  readonly document: Readonly<Record<string, unknown>> & { readonly event: string; readonly waking: Waking | null }
}

/** The ids of what is written when an agent is named: two events, and a run with its own. */
interface Waking {
  readonly assigned: string
  readonly run: string
  readonly queued: string
}

function newMember(context: BatchContext, given: { call: Wishes['call']; wish: Wish; companyId: string; index: number }): Member {
  const { call, wish, companyId, index } = given
  const { newId } = context
  const blank = blankTask({ companyId, now: context.now, actor: call.actor, newId }, wish)
  const agentId = wish.assigneeAgentId?.toLowerCase() ?? null
  const row = agentId === null ? blank : { ...blank, assignee_agent_id: agentId, version: 2 }
  const { kind, id } = eventActor(call.actor)
  const document = {
    id: row.id,
    event: newId(),
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
    call: index,
    agent: agentId,
    waking: agentId === null ? null : { assigned: newId(), run: newId(), queued: newId() },
  }
  return { call, row, document }
}

function toDone(member: Member, { seqs, identifiers }: Recorded): Done<Task> | null {
  const { row, document } = member
  const identifier = identifiers.get(document.event)
  if (identifier === undefined) return null
  return { output: toTask({ ...row, identifier }), events: eventsOf(member, { identifier, seqs }) }
}

/** What was recorded for a task. Nobody woke an agent that has no place in the log for it. */
function eventsOf({ call, row, document }: Member, { identifier, seqs }: { identifier: string; seqs: Recorded['seqs'] }): AnyEvent[] {
  const { id, company_id: companyId, title, status, created_at: at, assignee_agent_id: agentId } = row
  const envelope = (eventId: string) => ({
    id: eventId,
    seq: seqs.get(eventId) ?? 0,
    companyId,
    actor: eventActor(call.actor),
    requestId: call.requestId,
    at,
  })
  const task = (version: number) => ({ type: 'task' as const, id, version })
  const created: AnyEvent = {
    ...envelope(document.event),
    type: 'task.created',
    entity: task(1),
    data: { identifier, title, status, blockedBy: [] },
  }
  if (agentId === null || !document.waking) return [created]
  const { assigned, queued, run } = document.waking
  const given: AnyEvent = { ...envelope(assigned), type: 'task.assigned', entity: task(2), data: { agentId, reason: 'named at creation' } }
  if (!seqs.has(queued)) return [created, given]
  const data = { taskId: id, agentId, attempt: 1, reasons: ['assignment' as const], availableAt: at }
  return [created, given, { ...envelope(queued), type: 'run.queued', entity: { type: 'run', id: run, version: 1 }, data }]
}
