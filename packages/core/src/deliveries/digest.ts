import type { Transaction } from 'kysely'

import { familyOf, present } from '../database/open.ts'
import type { Database } from '../database/tables.ts'
import { claimTogether, type Claim, type ClaimedRow, type Wanted } from './claims.ts'
import { promote } from './sql.ts'

interface InRoute {
  readonly companyId: string
  readonly routeId: string
}

/** What of a route is still to be sent. */
const open = ['pending', 'retrying'] as const

/**
 * Takes what a route sends together: what was taken together before and has not arrived, exactly that again; otherwise all that is due,
 * as a new digest. One of a route is under way at a time, so that none overtakes another; what is due meanwhile waits for it. Its route is locked.
 */
export async function claimDigest(tx: Transaction<Database>, given: Claim & Wanted & { digestId: string }): Promise<ClaimedRow[]> {
  const { companyId, routeId } = given
  const underWay = await tx
    .selectFrom('deliveries')
    .select('digest_id')
    .where('company_id', '=', companyId)
    .where('route_id', '=', routeId)
    .where('digest_id', 'is not', null)
    .where('status', 'in', open)
    .limit(1)
    .executeTakeFirst()
  if (!underWay) return claimTogether(tx, given, { of: null, as: given.digestId })
  await holdDue(tx, given)
  const { digest_id: digestId } = underWay
  return claimTogether(tx, given, { of: digestId, as: digestId ?? given.digestId })
}

/** Keeps others from beginning, taking and settling digests of routes. */
export async function lockRoutes(tx: Transaction<Database>, given: { companyId: string; routeIds: readonly string[] }): Promise<void> {
  if (given.routeIds.length === 0) return
  const { companyId, routeIds } = given
  await tx
    .selectFrom('routes')
    .select('id')
    .where('company_id', '=', companyId)
    .where('id', 'in', routeIds)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()
}

/** What is due waits behind what goes before it. */
async function holdDue(tx: Transaction<Database>, { companyId, routeId, now }: InRoute & { now: string }): Promise<void> {
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
export async function releaseHeld(tx: Transaction<Database>, { companyId, routeId, now }: InRoute & { now: string }): Promise<void> {
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
export async function holdUntil(tx: Transaction<Database>, { companyId, routeId, at }: InRoute & { at: string }): Promise<void> {
  await tx
    .updateTable('deliveries')
    .set({ next_at: at })
    .where('company_id', '=', companyId)
    .where('route_id', '=', routeId)
    .where('status', 'in', open)
    .execute()
}

/** Lets what waits in a route go by itself again, in the order of each thing. */
export async function letGo(tx: Transaction<Database>, { companyId, routeId, now }: InRoute & { now: string }): Promise<void> {
  const rows = await tx
    .updateTable('deliveries')
    .set({ next_at: null, digest_id: null })
    .where('company_id', '=', companyId)
    .where('route_id', '=', routeId)
    .where('status', 'in', open)
    .returning('entity_id')
    .execute()
  await promote(tx, { companyId, lanes: rows.map((row) => ({ routeId, entityId: row.entity_id })), now })
}
