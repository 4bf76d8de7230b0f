import { sql, type Kysely, type Transaction } from 'kysely'

import { familyOf, present, presentPlus, tableOf } from '../database/open.ts'
import { first, rawStatement, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { Location } from '../kernel/locate.ts'
import { isoTime } from '../ports/clock.ts'
import { deliveryMachine } from './machine.ts'
import type { DeliveryAttemptTable, DeliveryTable } from './table.ts'

/** Statuses in which something is still to be sent; the indexes of what is open are made of just these. */
const open = ['pending', 'retrying'] as const

const deliveryById = statement((db, given: { id: string }) => db.selectFrom('deliveries').selectAll().where('id', '=', given.id))

export async function findDelivery(db: Kysely<Database>, id: string): Promise<DeliveryTable | null> {
  return first(await deliveryById(db, { id }))
}

export async function locateDelivery(db: Kysely<Database>, id: string): Promise<Location | null> {
  const row = await findDelivery(db, id)
  return row && { id: row.id, companyId: row.company_id, taskId: null, agentId: null }
}

const attempts = statement((db, given: { companyId: string; deliveryId: string }) =>
  db
    .selectFrom('delivery_attempts')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('delivery_id', '=', given.deliveryId)
    .orderBy('number', 'desc')
    .limit(sql.lit(100)),
)

/** The newest tries of a delivery, oldest first. */
export async function attemptsOf(db: Kysely<Database>, given: { companyId: string; deliveryId: string }): Promise<DeliveryAttemptTable[]> {
  return (await attempts(db, given)).toReversed()
}

interface Lanes {
  readonly companyId: string
  readonly routeIds: readonly string[]
  readonly entityIds: readonly string[]
}

/**
 * Keeps the last open delivery of each entity in each route from being settled meanwhile, so that whoever settles it sees what is
 * written behind it.
 */
export async function lockLanes(tx: Transaction<Database>, { companyId, routeIds, entityIds }: Lanes): Promise<void> {
  // On SQLite there is one writer.
  if (familyOf(tx) === 'sqlite') return
  const deliveries = tableOf(tx, 'deliveries')
  await sql`select id from ${deliveries} where company_id = ${companyId} and id = any(array(
      select distinct on (route_id, entity_id) id from ${deliveries}
      where company_id = ${companyId} and route_id = any(${routeIds}::uuid[]) and entity_id = any(${entityIds}::uuid[]) and status in ('pending', 'retrying')
      order by route_id, entity_id, event_seq desc))
    order by id for share`.execute(tx)
}

/** Makes due what no longer waits behind an earlier delivery of its entity in its route. */
export async function promote(tx: Transaction<Database>, { companyId, routeIds, entityIds, now }: Lanes & { now: string }): Promise<void> {
  await tx
    .updateTable('deliveries')
    .set({ next_at: present(familyOf(tx), now) })
    .where('company_id', '=', companyId)
    .where('route_id', 'in', routeIds)
    .where('entity_id', 'in', entityIds)
    .where('status', 'in', open)
    .where('next_at', 'is', null)
    .where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom('deliveries as earlier')
            .select('earlier.id')
            .whereRef('earlier.company_id', '=', 'deliveries.company_id')
            .whereRef('earlier.route_id', '=', 'deliveries.route_id')
            .whereRef('earlier.entity_id', '=', 'deliveries.entity_id')
            .whereRef('earlier.event_seq', '<', 'deliveries.event_seq')
            .where('earlier.status', 'in', open),
        ),
      ),
    )
    .execute()
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
        and exists (select 1 from ${deliveries} d where d.route_id = w.route_id and d.next_at <= ${present(family, given.now)})`,
  )
})

/** The enabled routes of all companies in which something is due. */
export async function dueRoutes(db: Kysely<Database>, now: string) {
  return due(db, { now })
}

export interface Claim {
  readonly companyId: string
  readonly routeId: string
  readonly limit: number
  readonly now: string
  /** For how long nobody else may send them. */
  readonly leaseMs: number
}

/** Takes what is due in a route, the longest due first; each for one process until its lease is over. `together` names what of it, and as what. */
export async function claimDeliveries(
  tx: Transaction<Database>,
  given: Claim,
  together?: { readonly of: string | null; readonly as: string | null },
): Promise<DeliveryTable[]> {
  const family = familyOf(tx)
  const { companyId, routeId, limit, now, leaseMs } = given
  const until = presentPlus(family, { ms: leaseMs, at: isoTime(Date.parse(now) + leaseMs) })
  const rows = await tx
    .updateTable('deliveries')
    .set((e) => ({
      next_at: until,
      claimed_at: now,
      fence: e('fence', '+', 1),
      attempts: e('attempts', '+', 1),
      tries: e('tries', '+', 1),
      tried_since: e.fn.coalesce('tried_since', sql<string>`${now}${family === 'postgres' ? sql`::timestamptz` : sql``}`),
      updated_at: now,
      ...(together && { digest_id: together.as }),
    }))
    .where('company_id', '=', companyId)
    .where('id', 'in', (e) => {
      let found = e
        .selectFrom('deliveries as d')
        .select('d.id')
        .where('d.company_id', '=', companyId)
        .where('d.route_id', '=', routeId)
        .where('d.next_at', '<=', present(family, now))
        .limit(limit)
      if (together) found = found.where('d.digest_id', together.of === null ? 'is' : '=', together.of)
      const isAgain = typeof together?.of === 'string'
      // Whoever writes an event holds the last of what is open before it, in the order of ids. What was sent as one goes as one again.
      found = isAgain ? found.orderBy('d.id') : found.orderBy('d.next_at').orderBy('d.event_seq')
      if (family === 'sqlite') return found
      return isAgain ? found.forNoKeyUpdate() : found.forNoKeyUpdate().skipLocked()
    })
    .returningAll()
    .execute()
  return rows.toSorted((left, right) => left.event_seq - right.event_seq)
}

/** Those of some deliveries that are still held by these claims, ours until the transaction ends. */
export async function lockHeld(
  tx: Transaction<Database>,
  { companyId, claims }: { companyId: string; claims: readonly { readonly deliveryId: string; readonly fence: number }[] },
): Promise<DeliveryTable[]> {
  const rows = await tx
    .selectFrom('deliveries')
    .selectAll()
    .where('company_id', '=', companyId)
    .where(
      'id',
      'in',
      claims.map(({ deliveryId }) => deliveryId),
    )
    // In one order, so that two processes do not wait for each other.
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()
  return rows.filter((row) => claims.some(({ deliveryId, fence }) => deliveryId === row.id && fence === row.fence))
}

export interface Settlement {
  readonly held: DeliveryTable
  readonly columns: Pick<DeliveryTable, 'status' | 'reason' | 'reference' | 'response_status' | 'ended_at'>
  /** Null when it is not tried any more. */
  readonly nextInMs: number | null
  /** Whether the try does not count. */
  readonly tookBack: boolean
}

const settleAll = statement((db, given: { companyId: string; now: string; rows: string }, family) => {
  const isPostgres = family === 'postgres'
  const next = isPostgres
    ? sql`select * from jsonb_to_recordset(${given.rows}::jsonb) as n (id uuid, fence bigint, status text, sources jsonb, reason text,
        reference text, response_status bigint, ended_at timestamptz, next_in_ms bigint, took_back bigint)`
    : sql`select value ->> 'id' as id, value ->> 'fence' as fence, value ->> 'status' as status, value -> 'sources' as sources, value ->> 'reason' as reason,
        value ->> 'reference' as reference, value ->> 'response_status' as response_status, value ->> 'ended_at' as ended_at,
        value ->> 'next_at' as next_at, value ->> 'took_back' as took_back
      from json_each(${given.rows})`
  const nextAt = isPostgres ? sql`clock_timestamp() + n.next_in_ms * interval '1 millisecond'` : sql`n.next_at`
  const sources = isPostgres ? sql`select jsonb_array_elements_text(n.sources)` : sql`select value from json_each(n.sources)`
  return rawStatement<DeliveryTable>(
    db,
    sql`with n as (${next})
      update ${tableOf(db, 'deliveries')} as d set status = n.status, reason = n.reason, reference = n.reference, response_status = n.response_status,
        ended_at = n.ended_at, next_at = ${nextAt}, tries = d.tries - n.took_back, updated_at = ${given.now}
      from n
      where d.company_id = ${given.companyId} and d.id = n.id and d.fence = n.fence and d.status in (${sources})
      returning ${isPostgres ? sql`d.*` : sql`*`}`,
  )
})

/** Records what became of deliveries that are still held by these claims, in one statement. @returns those that were */
export async function settleDeliveries(
  tx: Transaction<Database>,
  { companyId, now, settlements }: { companyId: string; now: string; settlements: readonly Settlement[] },
): Promise<DeliveryTable[]> {
  if (settlements.length === 0) return []
  const rows = settlements.map(({ held, columns, nextInMs, tookBack }) => ({
    ...columns,
    id: held.id,
    fence: held.fence,
    sources: deliveryMachine.sources('settle', columns.status),
    next_in_ms: nextInMs,
    next_at: nextInMs === null ? null : isoTime(Date.parse(now) + nextInMs),
    took_back: tookBack ? 1 : 0,
  }))
  return settleAll(tx, { companyId, now, rows: JSON.stringify(rows) })
}

export async function insertAttempts(tx: Transaction<Database>, rows: readonly DeliveryAttemptTable[]): Promise<void> {
  if (rows.length > 0) await tx.insertInto('delivery_attempts').values(rows).execute()
}

/** Those of a route that were given up, oldest first. */
export async function parkedOfRoute(
  db: Kysely<Database>,
  given: { companyId: string; routeId: string; limit: number },
): Promise<DeliveryTable[]> {
  return db
    .selectFrom('deliveries')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('route_id', '=', given.routeId)
    .where('status', '=', 'parked')
    .orderBy('id')
    .limit(given.limit)
    .execute()
}

/** Opens a parked delivery anew; null when it is not parked any more. */
export async function reopenDelivery(tx: Transaction<Database>, row: DeliveryTable, now: string): Promise<DeliveryTable | null> {
  const reopened = await tx
    .updateTable('deliveries')
    .set({ status: 'pending', tries: 0, tried_since: null, ended_at: null, digest_id: null, updated_at: now, fence: row.fence + 1 })
    .where('company_id', '=', row.company_id)
    .where('id', '=', row.id)
    .where('fence', '=', row.fence)
    .where('status', 'in', deliveryMachine.sources('replay', 'pending'))
    .returningAll()
    .executeTakeFirst()
  return reopened ?? null
}

/** Cancels what is still open in a route. @returns how many */
export async function cancelDeliveries(
  tx: Transaction<Database>,
  given: { companyId: string; routeId: string; now: string },
): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable('deliveries')
    .set({ status: 'cancelled', next_at: null, updated_at: given.now, ended_at: given.now })
    .where('company_id', '=', given.companyId)
    .where('route_id', '=', given.routeId)
    .where('status', 'in', deliveryMachine.sources('remove', 'cancelled'))
    .executeTakeFirst()
  return Number(numUpdatedRows)
}
