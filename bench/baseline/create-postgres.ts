import type { Client } from 'pg'

import { newId } from '../lib/id.ts'
import { namedStatement } from '../lib/named-statement.ts'

/** A task as the raw twin is asked for it. */
export interface Wish {
  readonly companyId: string
  readonly title: string
  readonly description: string
}

/** The rows of `engine.tasks.create()` for a task that nobody is named for, as one prepared statement, which is its own transaction. */
export function createCreateTwin(epoch: number) {
  const statement = namedStatement(
    'create',
    `with company as (
      update engine.companies set task_counter = task_counter + 1
      where id = {companyId:uuid} and status <> 'archived' and default_agent_id is null
        and not exists (select from engine.routing_rules r where r.company_id = {companyId:uuid} and r.is_enabled = 1)
        and not exists (select from engine.route_events r where r.company_id = {companyId:uuid} and r.pattern in ('*', 'task.*', 'task.created'))
      returning id, task_prefix || '-' || task_counter as identifier),
    task as (
      insert into engine.tasks (id, company_id, identifier, title, description, status, priority, required_capabilities, tags,
        acceptance_criteria, context, max_attempts, version, created_at, updated_at)
      select {taskId:uuid}, id, identifier, {title:text}, {description:text}, 'todo', 2, '[]', '[]', '[]', '{}', 3, 1,
        {now:timestamptz}, {now:timestamptz}
      from company returning company_id, id, identifier),
    entry as (
      insert into engine.search_entries (company_id, entity_type, entity_id, task_id, title, body, title_words, body_words)
      select company_id, 'task', id, id, identifier || ' ' || {title:text}, {description:text},
        lower(replace(identifier, '-', ' ')) || ' ' || {titleWords:text}, {bodyWords:text}
      from task),
    counter as (
      insert into engine.company_counters as counter (company_id, shard, backlog, todo, in_progress, in_review, blocked, done, cancelled)
      select company_id, pg_backend_pid() % 16, 0, 1, 0, 0, 0, 0, 0 from task
      on conflict (company_id, shard) do update set todo = counter.todo + 1)
    insert into engine.events (id, epoch, company_id, type, actor_kind, actor_id, entity_type, entity_id, entity_version, data, at)
    select {eventId:uuid}, (select epoch from engine.engine_instance where epoch = {epoch:bigint}), company_id, 'task.created', 'system', 'system',
      'task', id, 1, jsonb_build_object('identifier', identifier, 'title', {title:text}, 'status', 'todo', 'blockedBy', '[]'::jsonb),
      {now:timestamptz}
    from task
    returning data ->> 'identifier' as identifier`,
  )
  return {
    /** Creates one task on the connection. @throws for a company that is archived, or in which something is routed or listened to */
    async create(client: Client, wish: Wish): Promise<{ taskId: string; identifier: string }> {
      const nowMs = Date.now()
      const ids = { taskId: newId(nowMs), eventId: newId(nowMs) }
      const words = { titleWords: wordsOf(wish.title), bodyWords: wordsOf(wish.description) }
      const rows = await statement.run<{ identifier: string }>(client, {
        ...wish,
        ...ids,
        ...words,
        epoch,
        now: new Date(nowMs).toISOString(),
      })
      const [created] = rows
      if (!created) throw new Error(`the raw twin could not create a task in ${wish.companyId}`)
      return { taskId: ids.taskId, identifier: created.identifier }
    },
  }
}

/** What a text is found by; enough for the texts of the bench. */
function wordsOf(text: string): string {
  return (text.toLowerCase().match(/\w+/g) ?? []).join(' ')
}
