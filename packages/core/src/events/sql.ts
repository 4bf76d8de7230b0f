import type { Kysely, Transaction } from 'kysely'

import { first, statement } from '../database/statement.ts'
import type { Database, EventTable } from '../database/tables.ts'
import type { AnyEvent } from '../kernel/events.ts'

type NewEvent = Omit<EventTable, 'seq'>

const append = statement((db, given: NewEvent) =>
  db
    .insertInto('events')
    .values({
      id: given.id,
      company_id: given.company_id,
      type: given.type,
      actor_kind: given.actor_kind,
      actor_id: given.actor_id,
      run_id: given.run_id,
      entity_type: given.entity_type,
      entity_id: given.entity_id,
      entity_version: given.entity_version,
      data: given.data,
      request_id: given.request_id,
      at: given.at,
    })
    .returning('seq'),
)

/** Writes events in their order, in the transaction of the change that they record. */
export async function appendEvents(tx: Transaction<Database>, events: readonly Omit<AnyEvent, 'seq'>[]): Promise<AnyEvent[]> {
  const written: AnyEvent[] = []
  for (const event of events) {
    const row = first(await append(tx, toRow(event)))
    if (!row) throw new Error('the database returned no row for an appended event')
    // `event` is one member of the union and stays it.
    written.push({ ...event, seq: row.seq } as AnyEvent)
  }
  return written
}

function toRow(event: Omit<AnyEvent, 'seq'>): NewEvent {
  return {
    id: event.id,
    company_id: event.companyId,
    type: event.type,
    actor_kind: event.actor.kind,
    actor_id: event.actor.id,
    run_id: event.actor.runId,
    entity_type: event.entity.type,
    entity_id: event.entity.id,
    entity_version: event.entity.version,
    data: JSON.stringify(event.data),
    request_id: event.requestId,
    at: event.at,
  }
}

const after = statement((db, given: { companyId: string; after: number; limit: number }) =>
  db
    .selectFrom('events')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('seq', '>', given.after)
    .orderBy('seq')
    .limit(given.limit),
)

/** A company's events after a position, in the order of the log. */
export async function eventsAfter(db: Kysely<Database>, given: { companyId: string; after: number; limit: number }): Promise<AnyEvent[]> {
  return (await after(db, given)).map(toEvent)
}

const latest = statement((db, given: { companyId: string }) =>
  db
    .selectFrom('events')
    .select((e) => e.fn.max('seq').as('seq'))
    .where('company_id', '=', given.companyId),
)

/** The position of a company's newest event; 0 when it has none. */
export async function latestSeq(db: Kysely<Database>, companyId: string): Promise<number> {
  return first(await latest(db, { companyId }))?.seq ?? 0
}

export function toEvent(row: Omit<EventTable, 'seq'> & { seq: number }): AnyEvent {
  const event = {
    id: row.id,
    seq: row.seq,
    companyId: row.company_id,
    type: row.type,
    actor: { kind: row.actor_kind, id: row.actor_id, runId: row.run_id },
    entity: { type: row.entity_type, id: row.entity_id, version: row.entity_version },
    data: JSON.parse(row.data) as unknown,
    requestId: row.request_id,
    at: row.at,
  }
  // Only `appendEvents` writes this table, and it takes typed events.
  return event as AnyEvent
}
