import { sql, type Kysely, type Transaction } from 'kysely'

import { familyOf, present, tableOf } from '../database/open.ts'
import { rowById } from '../database/row-by-id.ts'
import { rawStatement, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { locatedRows } from '../kernel/located.ts'
import { deliveryMachine } from './machine.ts'
import type { DeliveryAttemptTable, DeliveryTable } from './table.ts'

export const findDelivery = rowById('deliveries')

export const locatedDeliveries = locatedRows(findDelivery)

/** How many tries of a delivery are shown. */
export const mostTries = 100

const attempts = statement((db, given: { companyId: string; deliveryId: string }) =>
  db
    .selectFrom('delivery_attempts')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('delivery_id', '=', given.deliveryId)
    .orderBy('number', 'desc')
    .limit(sql.lit(mostTries)),
)

/** The newest tries of a delivery but for the last one, oldest first. */
export async function attemptsOf(db: Kysely<Database>, given: { companyId: string; deliveryId: string }): Promise<DeliveryAttemptTable[]> {
  return (await attempts(db, given)).toReversed()
}

/** What is sent in an order: what happened to one thing, as one route sends it. */
interface Lane {
  readonly routeId: string
  readonly entityId: string
}

interface Lanes {
  readonly companyId: string
  readonly lanes: readonly Lane[]
}

/** Each once, as a document that a statement reads as rows. */
function documentOf(lanes: readonly Lane[]): string {
  return JSON.stringify([...new Map(lanes.map(({ routeId, entityId }) => [`${routeId} ${entityId}`, { routeId, entityId }])).values()])
}

/** The first or the last open delivery of each lane of `l`. */
function endOfLane(db: Kysely<Database>, companyId: string, direction: 'asc' | 'desc') {
  return sql`(select d.id from ${tableOf(db, 'deliveries')} d where d.company_id = ${companyId} and d.route_id = l.route_id
    and d.entity_id = l.entity_id and d.status in ('pending', 'retrying') order by d.event_seq ${direction === 'asc' ? sql`asc` : sql`desc`} limit 1)`
}

const readLanes = sql`select "routeId", "entityId" from jsonb_to_recordset`

const lockLast = statement((db, given: { companyId: string; lanes: string }) => {
  const deliveries = tableOf(db, 'deliveries')
  return rawStatement<{ id: string }>(
    db,
    sql`with l (route_id, entity_id) as (${readLanes}(${given.lanes}::jsonb) as l ("routeId" uuid, "entityId" uuid))
      select d.id from ${deliveries} d
      where d.company_id = ${given.companyId} and d.id = any(array(select ${endOfLane(db, given.companyId, 'desc')} from l))
      order by d.id for share`,
  )
})

/**
 * Keeps the last open delivery of each lane from being settled meanwhile, so that whoever settles it sees what is written behind it.
 */
export async function lockLanes(tx: Transaction<Database>, { companyId, lanes }: Lanes): Promise<void> {
  // On SQLite there is one writer.
  if (familyOf(tx) === 'postgres') await lockLast(tx, { companyId, lanes: documentOf(lanes) })
}

const promoteFirst = statement((db, given: { companyId: string; lanes: string; now: string }, family) => {
  const lanes =
    family === 'postgres'
      ? sql`${readLanes}(${given.lanes}::jsonb) as l ("routeId" uuid, "entityId" uuid)`
      : sql`select value ->> 'routeId', value ->> 'entityId' from json_each(${given.lanes})`
  const ends = sql`select ${endOfLane(db, given.companyId, 'asc')} from l`
  return rawStatement<{ id: string }>(
    db,
    sql`with l (route_id, entity_id) as (${lanes})
      update ${tableOf(db, 'deliveries')} set next_at = ${present(family, given.now)}
      where company_id = ${given.companyId} and next_at is null
        and id ${family === 'postgres' ? sql`= any(array(${ends}))` : sql`in (${ends})`}`,
  )
})

/** Makes due what no longer waits behind an earlier delivery of its lane. */
export async function promote(tx: Transaction<Database>, { companyId, lanes, now }: Lanes & { now: string }): Promise<void> {
  if (lanes.length > 0) await promoteFirst(tx, { companyId, now, lanes: documentOf(lanes) })
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
    .where('status', '<>', sql.lit('delivered'))
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
    .set({ status: 'cancelled', next_at: null, claimed_until: null, updated_at: given.now, ended_at: given.now })
    .where('company_id', '=', given.companyId)
    .where('route_id', '=', given.routeId)
    .where('status', 'in', deliveryMachine.sources('remove', 'cancelled'))
    .executeTakeFirst()
  return Number(numUpdatedRows)
}
