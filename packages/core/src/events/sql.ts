import { sql, type Kysely, type Transaction } from 'kysely'

import { familyOf, tableOf } from '../database/open.ts'
import { first, rawStatement, statement } from '../database/statement.ts'
import type { Database, EventTable } from '../database/tables.ts'
import { EngineError, kernelErrors } from '../kernel/errors.ts'
import type { AnyEvent } from '../kernel/events.ts'

type NewEvent = Omit<EventTable, 'seq' | 'xid'>

const append = statement((db, given: NewEvent) =>
  db
    .insertInto('events')
    .values({
      id: given.id,
      // No row, no epoch, no event: a process that opened the database before it was restored writes nothing any more.
      epoch: db.selectFrom('engine_instance').select('epoch').where('epoch', '=', given.epoch).$asScalar(),
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

// A round trip away, all events go in one statement, as one document.
const appendAll = statement((db, given: { events: string; epoch: number }) => {
  const [events, instance] = [tableOf(db, 'events'), tableOf(db, 'engine_instance')]
  return rawStatement<{ id: string; seq: number }>(
    db,
    sql`insert into ${events} (id, epoch, company_id, type, actor_kind, actor_id, run_id, entity_type, entity_id, entity_version, data, request_id, at)
      select id, (select epoch from ${instance} where epoch = ${given.epoch}), company_id, type, actor_kind, actor_id, run_id, entity_type,
        entity_id, entity_version, data, request_id, at
      from jsonb_populate_recordset(null::${events}, ${given.events}::jsonb)
      returning id, seq`,
  )
})

/** Writes events in their order, in the transaction of the change that they record. */
export async function appendEvents(
  tx: Transaction<Database>,
  given: { events: readonly Omit<AnyEvent, 'seq'>[]; epoch: number },
): Promise<AnyEvent[]> {
  const { events, epoch } = given
  if (events.length === 0) return []
  const rows = familyOf(tx) === 'postgres' ? await appendTogether(tx, given) : await appendOneByOne(tx, given)
  const seqs = new Map(rows.map((row) => [row.id, row.seq]))
  return events.map((event) => {
    const seq = seqs.get(event.id)
    if (seq === undefined) throw new Error(`the database returned no row for an appended event of epoch ${epoch}`)
    // `event` is one member of the union and stays it.
    return { ...event, seq } as AnyEvent
  })
}

type NewEvents = Parameters<typeof appendEvents>[1]

async function appendTogether(tx: Transaction<Database>, { events, epoch }: NewEvents): Promise<{ id: string; seq: number }[]> {
  // The document holds `data` as what it is, not as its text.
  const document = events.map((event) => ({ ...toRow(event), data: event.data }))
  return appendAll(tx, { events: JSON.stringify(document), epoch })
}

async function appendOneByOne(tx: Transaction<Database>, { events, epoch }: NewEvents): Promise<{ id: string; seq: number }[]> {
  const rows: { id: string; seq: number }[] = []
  for (const event of events) {
    const row = first(await append(tx, { ...toRow(event), epoch }))
    if (row) rows.push({ id: event.id, seq: row.seq })
  }
  return rows
}

function toRow(event: Omit<AnyEvent, 'seq'>): Omit<NewEvent, 'epoch'> {
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

/**
 * A place in the order of commits. On Postgres seq alone is the order of inserts: a slow transaction would appear behind
 * a reader that has gone past it.
 */
export interface Position {
  readonly epoch: number
  readonly xid: number
  readonly seq: number
}

export const beginning: Position = { epoch: 0, xid: 0, seq: 0 }

const positionOfSeq = statement((db, given: { companyId: string; seq: number }) =>
  db.selectFrom('events').select(['epoch', 'xid', 'seq']).where('seq', '=', given.seq).where('company_id', '=', given.companyId),
)

/** The place of a company's event; the end of the log for a seq beyond it. @throws `invalid_input` for one that is no event of it */
export async function positionOf(db: Kysely<Database>, given: { companyId: string; seq: number }): Promise<Position> {
  if (given.seq === 0) return beginning
  const found = first(await positionOfSeq(db, given))
  if (found) return found
  const newest = await latestPosition(db, given.companyId)
  if (given.seq > newest.seq) return newest
  throw new EngineError(
    kernelErrors.invalid_input,
    `after: this company has no event ${given.seq}; send the seq of one of its events, or 0 for all of them.`,
    { details: { errors: [{ path: 'after', message: 'no event of this company' }] } },
  )
}

const after = statement((db, given: Position & { companyId: string; limit: number }, family) => {
  const rows = db
    .selectFrom('events')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where((e) => e(e.refTuple('epoch', 'xid', 'seq'), '>', e.tuple(e.val(given.epoch), e.val(given.xid), e.val(given.seq))))
    .orderBy('epoch')
    .orderBy('xid')
    .orderBy('seq')
    .limit(given.limit)
  if (family === 'sqlite') return rows
  // A row is shown when every transaction that began before its own has ended: none can appear in front of it any more.
  return rows.where((e) =>
    e.or([
      sql<boolean>`xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint`,
      e('epoch', '<', e.selectFrom('engine_instance').select('engine_instance.epoch')),
    ]),
  )
})

/** A company's events after a position, in the order of their commits. */
export async function eventsAfter(
  db: Kysely<Database>,
  given: { companyId: string; after: Position; limit: number },
): Promise<{ event: AnyEvent; position: Position }[]> {
  const rows = await after(db, { companyId: given.companyId, limit: given.limit, ...given.after })
  return rows.map((row) => ({ event: toEvent(row), position: row }))
}

const latest = statement((db, given: { companyId: string }) =>
  db
    .selectFrom('events')
    .select(['epoch', 'xid', 'seq'])
    .where('company_id', '=', given.companyId)
    .orderBy('epoch', 'desc')
    .orderBy('xid', 'desc')
    .orderBy('seq', 'desc')
    .limit(1),
)

const newest = statement((db, given: { companyId: string; limit: number }) =>
  db
    .selectFrom('events')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .orderBy('epoch', 'desc')
    .orderBy('xid', 'desc')
    .orderBy('seq', 'desc')
    .limit(given.limit),
)

/** A company's newest events, newest first. */
export async function newestEvents(db: Kysely<Database>, given: { companyId: string; limit: number }): Promise<AnyEvent[]> {
  return (await newest(db, given)).map(toEvent)
}

/** The place of a company's newest event. */
export async function latestPosition(db: Kysely<Database>, companyId: string): Promise<Position> {
  return first(await latest(db, { companyId })) ?? beginning
}

export function toEvent(row: Omit<EventTable, 'seq' | 'xid'> & { seq: number }): AnyEvent {
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

/** How many events are looked for in one statement; databases bound their parameters. */
const soughtAtOnce = 500

/** Those of these events that are in the log. */
export async function eventsPresent(db: Kysely<Database>, events: readonly AnyEvent[]): Promise<AnyEvent[]> {
  const found = new Set<string>()
  for (let start = 0; start < events.length; start += soughtAtOnce) {
    const seqs = events.slice(start, start + soughtAtOnce).map((event) => event.seq)
    // A rolled back seq can come again, for another event.
    const rows = await db.selectFrom('events').select('id').where('seq', 'in', seqs).execute()
    for (const row of rows) found.add(row.id)
  }
  return events.filter((event) => found.has(event.id))
}
