import { sql, type Kysely } from 'kysely'
import type { z } from 'zod'

import { tableOf } from '../database/open.ts'
import { rawStatement, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { announceWriting, nextNumber } from '../events/numbers.ts'
import { noRouteListens } from '../events/sql.ts'
import { eventActor } from '../kernel/actor.ts'
import type { Batch, BatchCall, BatchContext, Done } from '../kernel/batch.ts'
import type { AnyEvent } from '../kernel/events.ts'
import { longestBody, searchableBody, wordsOf } from '../search/words.ts'
import { showTasks } from './labels.ts'
import type { Task, UpdateInput } from './schema.ts'
import { isTaskId } from './sql.ts'
import type { TaskTable } from './table.ts'
import { changedFieldsOf, isAboutItselfOnly } from './update.ts'

type Call = BatchCall<z.output<typeof UpdateInput>>
type Updated = TaskTable & { place: number; seq: number }

interface Given {
  members: string
  now: string
  epoch: number
}

/**
 * Changes what stands in the rows of open tasks, and by what words they are found. A task that somebody else has locked, that is at
 * another version than was expected, or that a route may tell of, is left to the general form.
 */
const updateAll = statement((db, given: Given) =>
  rawStatement<Updated>(
    db,
    sql<Updated>`with ${locked(db, given)}, ${changed(db, given)}, ${found(db)}, ${told(db, given)}
      select * from task`,
  ),
)

function locked(db: Kysely<Database>, given: Given) {
  const [tasks, companies] = [tableOf(db, 'tasks'), tableOf(db, 'companies')]
  return sql`member as materialized (
      select m.* from jsonb_to_recordset(${given.members}::jsonb) as m (place int, task uuid, event uuid, version bigint, fields jsonb,
        changed jsonb, "titleWords" text, "bodyWords" text, "actorKind" text, "actorId" text, "requestId" text, companies text)
    ), candidate as (
      select t.id, m.*
      from ${tasks} t join member m on m.task = t.id join ${companies} company on company.id = t.company_id
      where t.id = any(array(select task from member)) and t.status not in ('done', 'cancelled') and t.deleted_at is null
        and (m.version is null or t.version = m.version)
        and (m.companies is null or t.company_id = any(string_to_array(m.companies, ',')::uuid[]))
        and ${noRouteListens(db, sql`t.company_id`, ['task.updated'])}
        and company.status <> 'archived'
      order by t.id
      for no key update of t skip locked
      for key share of company
    )`
}

function changed(db: Kysely<Database>, given: Given) {
  const text = (name: string) => sql`case when c.fields ? ${sql.lit(name)} then c.fields ->> ${sql.lit(name)} else `
  const json = (name: string) => sql`case when c.fields ? ${sql.lit(name)} then c.fields -> ${sql.lit(name)} else `
  return sql`task as (
      update ${tableOf(db, 'tasks')} t set title = ${text('title')} t.title end, description = ${text('description')} t.description end,
        billing_code = ${text('billingCode')} t.billing_code end, tags = ${json('tags')} t.tags end,
        acceptance_criteria = ${json('acceptanceCriteria')} t.acceptance_criteria end, context = ${json('context')} t.context end,
        max_attempts = coalesce((c.fields ->> 'maxAttempts')::bigint, t.max_attempts),
        due_at = case when c.fields ? 'dueDate' then (c.fields ->> 'dueDate')::timestamptz else t.due_at end,
        overdue_at = case when c.fields ? 'dueDate' then null else t.overdue_at end,
        updated_at = ${given.now}::timestamptz, version = t.version + 1
      from (select ${announceWriting(db)} as announced offset 0) as writing, candidate c
      where t.id = any(array(select id from candidate)) and t.id = c.id
      returning t.*, c.place, c.event, c.changed, c."titleWords", c."bodyWords", c."actorKind", c."actorId", c."requestId",
        ${nextNumber(db)} as seq
    )`
}

/** As `searchRow` and `taskEntry` make it; words that were not said stay. */
function found(db: Kysely<Database>) {
  return sql`entry as (
      update ${tableOf(db, 'search_entries')} e set title = t.identifier || ' ' || t.title,
        title_words = case when t."titleWords" is null then e.title_words
          else rtrim(lower(replace(t.identifier, '-', ' ')) || ' ' || t."titleWords") end,
        body = left(coalesce(t.description, ''), ${sql.lit(longestBody)}), body_words = coalesce(t."bodyWords", e.body_words)
      from task t
      where e.company_id = t.company_id and e.entity_type = 'task' and e.entity_id = t.id
        and (t."titleWords" is not null or t."bodyWords" is not null)
    )`
}

function told(db: Kysely<Database>, given: Given) {
  const instance = tableOf(db, 'engine_instance')
  return sql`event as (
      insert into ${tableOf(db, 'events')} (seq, id, epoch, company_id, type, actor_kind, actor_id, run_id, entity_type, entity_id, entity_version, data, request_id, at)
      overriding system value
      select seq, event, (select epoch from ${instance} where epoch = ${given.epoch}), company_id, 'task.updated', "actorKind", "actorId", null,
        'task', id, version, jsonb_build_object('changed', changed), "requestId", ${given.now}::timestamptz
      from task
    )`
}

/** Many changes of what tasks say as one statement. */
export const updateBatch: Batch<z.output<typeof UpdateInput>, Task> = {
  // What an agent may change is decided by whose it is, with its company locked.
  key: ({ taskId, version: _version, ...change }, actor) =>
    actor.kind !== 'agent' && isTaskId(taskId) && changedFieldsOf(change).length > 0 && isAboutItselfOnly(change) ? '' : null,
  async run(context, calls) {
    const members = calls.map((call, place) => toMember(context, call, place))
    // Of those that change the same task the first one goes; the others see what it did.
    const first = [...Map.groupBy(members, ({ task }) => task).values()].flatMap(([member]) => (member ? [member] : []))
    const given: Given = { members: JSON.stringify(first), now: context.now, epoch: context.epoch }
    const { rows, tasks } = await context.changeAndRead({
      change: (db) => updateAll(db, given),
      read: async (db, rows) => ({ rows, tasks: new Map((await showTasks(db, rows)).map((task) => [task.id, task])) }),
    })
    const done = calls.map((): Done<Task> | null => null)
    for (const { place, seq, id } of rows) {
      const [call, member, task] = [calls[place], members[place], tasks.get(id)]
      if (call && member && task) done[place] = { output: task, events: [eventOf(context, { call, member, task, seq })] }
    }
    return done
  },
}

type Member = ReturnType<typeof toMember>

function toMember({ newId }: BatchContext, { input, actor, requestId, companies }: Call, place: number) {
  const { taskId, version = null, ...fields } = input
  const { kind, id } = eventActor(actor)
  return {
    place,
    task: taskId.toLowerCase(),
    event: newId(),
    version,
    fields,
    changed: changedFieldsOf(fields),
    titleWords: fields.title === undefined ? null : wordsOf(fields.title).join(' '),
    bodyWords: fields.description === undefined ? null : wordsOf(searchableBody(fields.description ?? '')).join(' '),
    actorKind: kind,
    actorId: id,
    requestId,
    companies: companies === 'all' ? null : companies.join(','),
  }
}

function eventOf({ now }: BatchContext, { call, member, task, seq }: { call: Call; member: Member; task: Task; seq: number }): AnyEvent {
  return {
    id: member.event,
    seq,
    companyId: task.companyId,
    type: 'task.updated',
    actor: eventActor(call.actor),
    entity: { type: 'task', id: task.id, version: task.version },
    data: { changed: [...member.changed] },
    requestId: call.requestId,
    at: now,
  }
}
