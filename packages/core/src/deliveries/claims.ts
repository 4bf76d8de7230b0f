import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely'

import { familyOf, tableOf } from '../database/open.ts'
import { rawStatement, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { isoTime } from '../ports/clock.ts'
import type { DatabaseFamily } from '../ports/storage.ts'
import type { DeliveryTable } from './table.ts'

/** What is taken of a route at most. */
export interface Wanted {
  readonly routeId: string
  readonly limit: number
}

export interface Claim {
  readonly companyId: string
  readonly now: string
  /** For how long nobody else may send them. */
  readonly leaseMs: number
}

const columns = ['id', 'route_id', 'fence', 'attempts', 'tries', 'tried_since', 'event_seq', 'digest_id'] as const
export type ClaimedRow = Pick<DeliveryTable, (typeof columns)[number]>

interface Given {
  readonly companyId: string
  readonly now: string
  readonly leaseMs: number
  readonly until: string
}

/** Takes deliveries `d` that are found: theirs is the lease, the fence and the try. It changes no column of an index. */
function taking(family: DatabaseFamily, { now, leaseMs, until }: Given): RawBuilder<unknown> {
  const isPostgres = family === 'postgres'
  // Asked once: what goes together is due again together.
  const end = isPostgres ? sql`(select clock_timestamp()) + ${leaseMs}::bigint * interval '1 millisecond'` : sql`${until}`
  const since = isPostgres ? sql`${now}::timestamptz` : sql`${now}`
  return sql`set claimed_until = ${end}, claimed_at = ${now}, fence = fence + 1, attempts = attempts + 1, tries = tries + 1,
    tried_since = coalesce(tried_since, ${since}), updated_at = ${now}`
}

/** Whether a delivery `d` is to be sent now and by nobody yet. */
function isDue(family: DatabaseFamily, now: string): RawBuilder<unknown> {
  // Asked once, as a value that an index can be searched with.
  const present = family === 'postgres' ? sql`(select clock_timestamp())` : sql`${now}`
  return sql`d.next_at <= ${present} and (d.claimed_until is null or d.claimed_until <= ${present})`
}

const taken = sql.join(columns.map((name) => sql.ref(name)))

// A round trip away, all routes go in one statement.
const claimOfRoutes = statement((db, given: Given & { wanted: string }, family) => {
  const deliveries = tableOf(db, 'deliveries')
  return rawStatement<ClaimedRow>(
    db,
    sql`update ${deliveries} as d ${taking(family, given)}
      where d.company_id = ${given.companyId} and d.id = any(array(
        select found.id from jsonb_to_recordset(${given.wanted}::jsonb) as w ("routeId" uuid, "limit" bigint) cross join lateral (
          select d.id from ${deliveries} d where d.company_id = ${given.companyId} and d.route_id = w."routeId" and ${isDue(family, given.now)}
          order by d.next_at, d.event_seq limit w."limit" for no key update skip locked) as found))
      returning ${taken}`,
  )
})

const claimOfRoute = statement((db, given: Given & Wanted, family) => {
  const deliveries = tableOf(db, 'deliveries')
  return rawStatement<ClaimedRow>(
    db,
    sql`update ${deliveries} as d ${taking(family, given)}
      where d.company_id = ${given.companyId} and d.id in (
        select d.id from ${deliveries} d where d.company_id = ${given.companyId} and d.route_id = ${given.routeId} and ${isDue(family, given.now)}
        order by d.next_at, d.event_seq limit ${given.limit})
      returning ${taken}`,
  )
})

/** Takes what is due in routes, the longest due first; each for one process until its lease is over. */
export async function claimDue(tx: Transaction<Database>, claim: Claim, wanted: readonly Wanted[]): Promise<ClaimedRow[]> {
  if (wanted.length === 0) return []
  const given = { ...claim, until: endOf(claim) }
  if (familyOf(tx) === 'postgres') return inOrder(await claimOfRoutes(tx, { ...given, wanted: JSON.stringify(wanted) }))
  const rows: ClaimedRow[] = []
  for (const one of wanted) rows.push(...(await claimOfRoute(tx, { ...given, ...one })))
  return inOrder(rows)
}

/** Takes what is due in a route of one digest, or of none, as the entries of one. */
export async function claimTogether(
  tx: Transaction<Database>,
  claim: Claim & Wanted,
  { of, as }: { readonly of: string | null; readonly as: string },
): Promise<ClaimedRow[]> {
  const family = familyOf(tx)
  const { companyId, routeId, limit, now } = claim
  const [deliveries, given] = [tableOf(tx, 'deliveries'), { ...claim, until: endOf(claim) }]
  // The oldest first, also when they were held back and are due later than what came since. Whoever writes an event holds the last
  // of what is open before it, in the order of ids; what was sent as one goes as one again.
  const order = of === null ? sql`d.event_seq` : sql`d.id`
  const lock = family === 'sqlite' ? sql`` : of === null ? sql`for no key update skip locked` : sql`for no key update`
  const found = sql`select d.id from ${deliveries} d where d.company_id = ${companyId} and d.route_id = ${routeId} and ${isDue(family, now)}
    and d.digest_id ${of === null ? sql`is null` : sql`= ${of}`} order by ${order} limit ${limit} ${lock}`
  // On Postgres as an array, which is found once: a subquery may be asked again, and then finds more than its limit.
  const { rows } = await sql<ClaimedRow>`update ${deliveries} as d ${taking(family, given)}, digest_id = ${as}
    where d.company_id = ${companyId} and d.id ${family === 'postgres' ? sql`= any(array(${found}))` : sql`in (${found})`}
    returning ${taken}`.execute(tx)
  return inOrder(rows)
}

function endOf({ now, leaseMs }: Claim): string {
  return isoTime(Date.parse(now) + leaseMs)
}

function inOrder(rows: readonly ClaimedRow[]): ClaimedRow[] {
  return rows.toSorted((left, right) => left.event_seq - right.event_seq)
}

const due = statement((db, given: { now: string }, family) => {
  const [deliveries, routes] = [tableOf(db, 'deliveries'), tableOf(db, 'routes')]
  // From one route to the next along the index: as long as there are routes with something to send, not as what they have to send.
  return rawStatement<{ id: string; company_id: string; destination_type: string }>(
    db,
    sql`with recursive waiting(route_id) as (
        select * from (select route_id from ${deliveries} where next_at is not null order by route_id limit 1) as lowest
        union all
        select (select d.route_id from ${deliveries} d where d.next_at is not null and d.route_id > w.route_id order by d.route_id limit 1)
        from waiting w where w.route_id is not null
      )
      select r.id, r.company_id, r.destination_type from waiting w join ${routes} r on r.id = w.route_id
      where r.is_enabled = 1 and r.removed_at is null
        and (select d.id from ${deliveries} d where d.route_id = w.route_id and ${isDue(family, given.now)}
          order by d.next_at limit 1) is not null`,
  )
})

/** The enabled routes of all companies in which something is due. */
export async function dueRoutes(db: Kysely<Database>, now: string) {
  return due(db, { now })
}
