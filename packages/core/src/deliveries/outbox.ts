import type { Kysely, Transaction } from 'kysely'

import type { Database } from '../database/tables.ts'
import { patternsOf } from '../events/patterns.ts'
import { appendEvents } from '../events/sql.ts'
import type { AnyEvent } from '../kernel/events.ts'
import { digestTime } from '../routes/digest.ts'
import { asksForTask, isMatch, taskIdsOf, taskOf, type TaskFacts } from '../routes/match.ts'
import { listeningRoutes } from '../routes/sql.ts'
import { toRoute } from '../routes/table.ts'
import { priorityName } from '../tasks/schema.ts'
import { lockLanes, promote } from './sql.ts'
import type { DeliveryTable } from './table.ts'

type Recording = Parameters<typeof appendEvents>[1] & { newId(): string }

/** Writes events and, in the same transaction, a delivery of each for every route that it matches (PROMISES P13). */
export async function recordEvents(tx: Transaction<Database>, given: Recording): Promise<AnyEvent[]> {
  const { events, routed } = await appendEvents(tx, given)
  if (routed.length > 0) await writeDeliveries(tx, routed, given.newId)
  return events
}

async function writeDeliveries(tx: Transaction<Database>, events: readonly AnyEvent[], newId: () => string): Promise<void> {
  const [{ companyId, at: now } = { companyId: '', at: '' }] = events
  const patterns = [...new Set(events.flatMap(({ type }) => patternsOf(type)))]
  const routes = (await listeningRoutes(tx, { companyId, patterns })).map(toRoute)
  const tasks = routes.some(asksForTask) ? await taskFacts(tx, companyId, events) : null
  // What is gathered waits for its time, and not one behind the other.
  const times = new Map(routes.map((route) => [route.id, digestTime(route, now)]))
  const rows = events.flatMap((event) => {
    const task = tasks?.get(taskOf(event) ?? '') ?? null
    return routes
      .filter((route) => isMatch(route, event, task))
      .map((route) => newDelivery(event, { id: newId(), routeId: route.id, nextAt: times.get(route.id) ?? null }))
  })
  if (rows.length === 0) return
  const lanes = rows.map((row) => ({ routeId: row.route_id, entityId: row.entity_id }))
  await lockLanes(tx, { companyId, lanes })
  for (let start = 0; start < rows.length; start += mostTogether)
    await tx
      .insertInto('deliveries')
      .values(rows.slice(start, start + mostTogether))
      .execute()
  await promote(tx, { companyId, lanes, now })
}

/** Databases bound the values of one statement. */
const mostTogether = 200

interface New {
  readonly id: string
  readonly routeId: string
  readonly nextAt: string | null
}

function newDelivery(event: AnyEvent, { id, routeId, nextAt }: New): DeliveryTable {
  return {
    id,
    company_id: event.companyId,
    route_id: routeId,
    event_id: event.id,
    event_seq: event.seq,
    event_type: event.type,
    entity_type: event.entity.type,
    entity_id: event.entity.id,
    status: 'pending',
    attempts: 0,
    tries: 0,
    tried_since: null,
    claimed_at: null,
    next_at: nextAt,
    claimed_until: null,
    fence: 1,
    reason: null,
    response_status: null,
    reference: null,
    digest_id: null,
    last_try: null,
    created_at: event.at,
    updated_at: event.at,
    ended_at: null,
  }
}

async function taskFacts(tx: Kysely<Database>, companyId: string, events: readonly AnyEvent[]): Promise<Map<string, TaskFacts>> {
  const ids = taskIdsOf(events)
  if (ids.length === 0) return new Map()
  const rows = await tx
    .selectFrom('tasks')
    .select(['id', 'project_id', 'assignee_agent_id', 'priority', 'tags', 'context'])
    .where('company_id', '=', companyId)
    .where('id', 'in', ids)
    .execute()
  return new Map(
    rows.map((row) => [
      row.id,
      {
        projectId: row.project_id,
        assigneeAgentId: row.assignee_agent_id,
        priority: priorityName(row.priority),
        tags: JSON.parse(row.tags),
        context: JSON.parse(row.context),
      },
    ]),
  )
}
