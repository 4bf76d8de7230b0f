import type { Transaction } from 'kysely'

import { familyOf, present } from '../database/open.ts'
import type { Database } from '../database/tables.ts'
import { claimDeliveries, promote, type Claim } from './sql.ts'
import type { DeliveryTable } from './table.ts'

interface Lane {
  readonly companyId: string
  readonly routeId: string
}

/** What of a route is still to be sent. */
const open = ['pending', 'retrying'] as const

/**
 * Takes what a route sends together: what was taken together before and has not arrived, exactly that again; otherwise all that is due,
 * as a new digest. One of a route is under way at a time, so that none overtakes another; what is due meanwhile waits for it.
 */
export async function claimDigest(tx: Transaction<Database>, given: Claim & { digestId: string }): Promise<DeliveryTable[]> {
  const { companyId, routeId } = given
  await lockRoute(tx, given)
  const underWay = await tx
    .selectFrom('deliveries')
    .select('digest_id')
    .where('company_id', '=', companyId)
    .where('route_id', '=', routeId)
    .where('digest_id', 'is not', null)
    .where('status', 'in', open)
    .limit(1)
    .executeTakeFirst()
  if (!underWay) return claimDeliveries(tx, given, { of: null, as: given.digestId })
  await holdDue(tx, given)
  const { digest_id: digestId } = underWay
  return claimDeliveries(tx, given, { of: digestId, as: digestId })
}

/** Two processes do not both begin a digest, and none takes a part of one that another is settling. */
export async function lockRoute(tx: Transaction<Database>, { companyId, routeId }: Lane): Promise<void> {
  await tx.selectFrom('routes').select('id').where('company_id', '=', companyId).where('id', '=', routeId).forNoKeyUpdate().execute()
}

/** What is due waits behind what goes before it. */
async function holdDue(tx: Transaction<Database>, { companyId, routeId, now }: Claim): Promise<void> {
  await tx
    .updateTable('deliveries')
    .set({ next_at: null })
    .where('company_id', '=', companyId)
    .where('route_id', '=', routeId)
    .where('next_at', '<=', present(familyOf(tx), now))
    .where('digest_id', 'is', null)
    .execute()
}

/** Makes due what waited for a digest that is over. */
export async function releaseHeld(tx: Transaction<Database>, { companyId, routeId, now }: Lane & { now: string }): Promise<void> {
  await tx
    .updateTable('deliveries')
    .set({ next_at: present(familyOf(tx), now) })
    .where('company_id', '=', companyId)
    .where('route_id', '=', routeId)
    .where('status', 'in', open)
    .where('next_at', 'is', null)
    .execute()
}

/** Gathers what waits in a route until a time. */
export async function holdUntil(tx: Transaction<Database>, { companyId, routeId, at }: Lane & { at: string }): Promise<void> {
  await tx
    .updateTable('deliveries')
    .set({ next_at: at })
    .where('company_id', '=', companyId)
    .where('route_id', '=', routeId)
    .where('status', 'in', open)
    .execute()
}

/** Lets what waits in a route go by itself again, in the order of each thing. */
export async function letGo(tx: Transaction<Database>, { companyId, routeId, now }: Lane & { now: string }): Promise<void> {
  const rows = await tx
    .updateTable('deliveries')
    .set({ next_at: null, digest_id: null })
    .where('company_id', '=', companyId)
    .where('route_id', '=', routeId)
    .where('status', 'in', open)
    .returning('entity_id')
    .execute()
  const entityIds = [...new Set(rows.map((row) => row.entity_id))]
  if (entityIds.length > 0) await promote(tx, { companyId, routeIds: [routeId], entityIds, now })
}
