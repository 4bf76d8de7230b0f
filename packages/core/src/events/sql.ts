import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely'

import { familyOf, tableOf } from '../database/open.ts'
import { first, rawStatement, statement } from '../database/statement.ts'
import type { Database, EventTable } from '../database/tables.ts'
import type { CompanyStatus } from '../companies/schema.ts'
import type { AnyEvent, EventType, Unsequenced } from '../kernel/events.ts'
import { announceWriting, settledSeq } from './numbers.ts'
import { anyEvent, groupOf, patternsOf } from './patterns.ts'

/** `closedBy`: the status of the company in which this event can not be; `group`: how routes name all events of its thing. */
type NewEvent = Omit<EventTable, 'seq'> & { closedBy: CompanyStatus | ''; group: string }

const append = statement((db, given: NewEvent) =>
  db
    .insertInto('events')
    .values({
      id: given.id,
      // No row, no epoch, no event: a process that opened the database before it was restored writes nothing any more.
      epoch: db.selectFrom('engine_instance').select('epoch').where('epoch', '=', given.epoch).$asScalar(),
      // And in an archived company nothing changes any more, save by a command that goes on there.
      company_id: db
        .selectFrom('companies')
        .select('id')
        .where('id', '=', given.company_id)
        // No company has the status ''.
        .where('status', '<>', given.closedBy as CompanyStatus)
        .$asScalar(),
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
    // One question for each name: SQLite makes a table of a list, for every event anew, and most companies have no routes.
    .returning((e) => [
      'seq',
      e.or([anyEvent, given.group, given.type].map((name) => e.exists(listeners(db, given, name)))).as('is_routed'),
    ]),
)

function listeners(db: Kysely<Database>, { company_id: companyId }: NewEvent, pattern: string) {
  return db
    .selectFrom('route_events')
    .select('route_events.route_id')
    .where('route_events.company_id', '=', companyId)
    .where('route_events.pattern', '=', pattern)
}

// A round trip away, all events go in one statement, as one document.
const appendAll = statement((db, given: NewDocument) =>
  rawStatement<Appended>(
    db,
    sql`${appending(db, given)}
      returning id, seq, exists (select from ${tableOf(db, 'route_events')} r where r.company_id = logged.company_id
        and r.pattern in (${sql.lit(anyEvent)}, split_part(logged.type, '.', 1) || '.*', logged.type)) as is_routed`,
  ),
)

/** `events`: a list of what `toDocument` gives, of one company; `closedBy`: as in a new event. */
interface NewDocument {
  readonly events: string
  readonly epoch: number
  readonly companyId: string
  readonly closedBy: string
}

/** Writes a document of events on Postgres, as a part of a statement. */
export function appending(db: Kysely<Database>, given: NewDocument): RawBuilder<unknown> {
  const [events, instance, companies] = [tableOf(db, 'events'), tableOf(db, 'engine_instance'), tableOf(db, 'companies')]
  return sql`insert into ${events} as logged (id, epoch, company_id, type, actor_kind, actor_id, run_id, entity_type, entity_id, entity_version, data, request_id, at)
      select n.id, (select epoch from ${instance} where epoch = ${given.epoch}),
        (select id from ${companies} where id = ${given.companyId}::uuid and status <> ${given.closedBy}), n.type, n.actor_kind, n.actor_id,
        n.run_id, n.entity_type, n.entity_id, n.entity_version, n.data, n.request_id, n.at
      from (select ${announceWriting(db)} as announced offset 0) as writing,
        jsonb_populate_recordset(null::${events}, ${given.events}::jsonb) as n`
}

interface Appended {
  readonly id: string
  readonly seq: number
  /** Databases say yes in their own way. */
  readonly is_routed: unknown
}

interface NewEvents {
  /** Of one company. */
  readonly events: readonly Unsequenced[]
  readonly epoch: number
  /** Whether they may be written in an archived company too. */
  readonly goesOn: boolean
}

/**
 * Writes events in their order, in the transaction of the change that they record.
 * @returns them, and those among them that some route listens to
 */
export async function appendEvents(tx: Transaction<Database>, given: NewEvents): Promise<{ events: AnyEvent[]; routed: AnyEvent[] }> {
  const { events, epoch } = given
  if (events.length === 0) return { events: [], routed: [] }
  const rows = familyOf(tx) === 'postgres' ? await appendTogether(tx, given) : await appendOneByOne(tx, given)
  const seqs = new Map(rows.map((row) => [row.id, row.seq]))
  const routed = new Set(rows.filter((row) => Boolean(row.is_routed)).map((row) => row.id))
  const appended = events.map((event) => {
    const seq = seqs.get(event.id)
    if (seq === undefined) throw new Error(`the database returned no row for an appended event of epoch ${epoch}`)
    return sequenced(event, seq)
  })
  return { events: appended, routed: appended.filter(({ id }) => routed.has(id)) }
}

/** An event in its place in the log. Pure. */
export function sequenced(event: Unsequenced, seq: number): AnyEvent {
  // `event` is one member of the union and stays it.
  return { ...event, seq } as AnyEvent
}

function closedBy({ goesOn }: NewEvents): 'archived' | '' {
  return goesOn ? '' : 'archived'
}

async function appendTogether(tx: Transaction<Database>, given: NewEvents): Promise<Appended[]> {
  const document = given.events.map(toDocument)
  const companyId = given.events[0]?.companyId ?? ''
  return appendAll(tx, { events: JSON.stringify(document), epoch: given.epoch, companyId, closedBy: closedBy(given) })
}

async function appendOneByOne(tx: Transaction<Database>, given: NewEvents): Promise<Appended[]> {
  const rows: Appended[] = []
  for (const event of given.events) {
    const row = first(await append(tx, { ...toRow(event), group: groupOf(event.type), epoch: given.epoch, closedBy: closedBy(given) }))
    if (row) rows.push({ id: event.id, ...row })
  }
  return rows
}

/** An event as a member of a document that a statement reads as rows: `data` is what it is, not its text. */
export function toDocument(event: Unsequenced) {
  return { ...toRow(event), data: event.data }
}

function toRow(event: Unsequenced): Omit<NewEvent, 'epoch' | 'closedBy' | 'group'> {
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

/** For statements that write events by themselves: whoever is listened to goes the ordinary way, which writes deliveries too. */
export function noRouteListens(db: Kysely<Database>, companyId: RawBuilder<unknown>, types: readonly EventType[]) {
  const patterns = [...new Set(types.flatMap(patternsOf))].map((pattern) => sql.lit(pattern))
  return sql`not exists (select from ${tableOf(db, 'route_events')} r where r.company_id = ${companyId} and r.pattern in (${sql.join(patterns)}))`
}

/** A company's events after a position and up to another, in the order of the log; it must be complete up to there. */
export const eventRows = statement((db, given: { companyId: string; after: number; upTo: number; limit: number }, family) =>
  db
    .selectFrom('events')
    .selectAll()
    // Postgres is told the company as a range of the index (company_id, seq). Told that it equals one, it may go along the primary
    // key, through the events of all other companies, until a small company has filled its page. SQLite follows a range of two
    // columns only by its first, and never leaves the index.
    .where((row) =>
      family === 'postgres'
        ? row(row.refTuple('company_id', 'seq'), '>', row.tuple(given.companyId, given.after))
        : row.and({ company_id: given.companyId }).and('seq', '>', given.after),
    )
    .where('company_id', '<=', given.companyId)
    .where('seq', '<=', given.upTo)
    .orderBy('company_id')
    .orderBy('seq')
    .limit(given.limit),
)

/** An event as its table has it. */
export type EventRow = Omit<EventTable, 'seq'> & { seq: number }

/** A company's events after a position, in the order of the log, as far as it is complete. */
export async function eventsAfter(db: Kysely<Database>, given: { companyId: string; after: number; limit: number }): Promise<AnyEvent[]> {
  // First how far, then what: a writer that ends in between is seen by the second look.
  const upTo = await settledSeq(db)
  return (await eventRows(db, { ...given, upTo })).map(toEvent)
}

// The company as a range: see `eventRows`.
const newest = statement((db, given: { companyId: string; limit: number }) =>
  db
    .selectFrom('events')
    .selectAll()
    .where('company_id', '>=', given.companyId)
    .where('company_id', '<=', given.companyId)
    .orderBy('company_id', 'desc')
    .orderBy('seq', 'desc')
    .limit(given.limit),
)

/** A company's newest events, newest first. */
export async function newestEvents(db: Kysely<Database>, given: { companyId: string; limit: number }): Promise<AnyEvent[]> {
  return (await newest(db, given)).map(toEvent)
}

/**
 * After which seq to begin for a wish: where nothing from now on is missed for `latest`, and for a place behind the end of the log, as it
 * is after a restore. Whoever waited there would hear nothing until the log is as long again, and not of what stood in its place.
 */
export async function beginningAt(
  db: Kysely<Database>,
  { companyId, wish }: { companyId: string; wish: number | 'latest' },
): Promise<number> {
  if (wish === 0) return wish
  const upTo = await settledSeq(db)
  const [last] = await newest(db, { companyId, limit: 1 })
  const end = last?.seq ?? 0
  // What was told is in the log, also when a writer announced itself late and holds up what is settled.
  return wish !== 'latest' && wish <= end ? wish : Math.min(upTo, end)
}

export function toEvent(row: EventRow): AnyEvent {
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
