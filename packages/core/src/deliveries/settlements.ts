import { sql, type Transaction } from 'kysely'

import { tableOf } from '../database/open.ts'
import { rawStatement, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { isoTime } from '../ports/clock.ts'
import { deliveryMachine } from './machine.ts'
import type { DeliveryAttempt, Held } from './schema.ts'
import type { DeliveryTable } from './table.ts'

/** What became of a delivery, whose claim this is. */
export interface Settlement extends Held {
  readonly status: DeliveryTable['status']
  readonly reason: string | null
  readonly reference: string | null
  readonly responseStatus: number | null
  /** Null when nobody said what the try came to. */
  readonly lastTry: DeliveryAttempt | null
  readonly endedAt: string | null
  /** Null when it is not tried any more. */
  readonly nextInMs: number | null
  /** Whether the try does not count, and what is known of those before stays. */
  readonly tookBack: boolean
}

const columns = [
  'id',
  'route_id',
  'event_id',
  'event_type',
  'entity_id',
  'status',
  'attempts',
  'fence',
  'reason',
  'response_status',
  'digest_id',
  'ended_at',
] as const
export type SettledRow = Pick<DeliveryTable, (typeof columns)[number]>

/** From where each end is reached, as the machine says. */
const isAllowed = sql.join(
  (['delivered', 'retrying', 'parked'] as const).map((to) => {
    const sources = deliveryMachine.sources('settle', to).map((from) => sql.lit(from))
    return sql`(n.status = ${sql.lit(to)} and d.status in (${sql.join(sources)}))`
  }),
  sql` or `,
)

interface Rows {
  readonly companyId: string
  readonly now: string
  readonly rows: string
}

// In the order of ids, in which those who write events behind them lock too: see `inOrder`. Materialized, or SQLite reads the document again for each delivery that the company ever had.
const settleAll = statement((db, { companyId, now, rows }: Rows, family) => {
  const isPostgres = family === 'postgres'
  const next = isPostgres
    ? sql`select * from jsonb_to_recordset(${rows}::jsonb) as n ("deliveryId" uuid, fence bigint, status text, reason text, reference text,
        "responseStatus" bigint, "lastTry" jsonb, "endedAt" timestamptz, "nextInMs" bigint, "tookBack" boolean)`
    : sql`select value ->> 'deliveryId', value ->> 'fence', value ->> 'status', value ->> 'reason', value ->> 'reference',
        value ->> 'responseStatus', nullif(value -> 'lastTry', 'null'), value ->> 'endedAt', value ->> 'nextAt', value ->> 'tookBack'
      from json_each(${rows})`
  // Asked once: what goes together is tried again together.
  const nextAt = isPostgres ? sql`(select clock_timestamp()) + n.next * interval '1 millisecond'` : sql`n.next`
  return rawStatement<SettledRow>(
    db,
    sql`with n (id, fence, status, reason, reference, response_status, last_try, ended_at, next, took_back) as materialized (${next})
      update ${tableOf(db, 'deliveries')} as d set status = n.status, next_at = ${nextAt}, claimed_until = null,
        last_try = coalesce(n.last_try, d.last_try), ended_at = n.ended_at, updated_at = ${now},
        tries = case when n.took_back then d.tries - 1 else d.tries end,
        reason = case when n.took_back then d.reason else n.reason end,
        reference = case when n.took_back then d.reference else n.reference end,
        response_status = case when n.took_back then d.response_status else n.response_status end
      from n
      where d.company_id = ${companyId} and d.id = n.id and d.fence = n.fence and (${isAllowed})
      returning ${sql.join(columns.map((name) => sql.ref(isPostgres ? `d.${name}` : name)))}`,
  )
})

/** Records what became of deliveries that are still held by these claims, in one statement. @returns those that were */
export async function settleDeliveries(
  tx: Transaction<Database>,
  { companyId, now, settlements }: { companyId: string; now: string; settlements: readonly Settlement[] },
): Promise<SettledRow[]> {
  if (settlements.length === 0) return []
  const earlier = await earlierTries(tx, { companyId, settlements })
  const rows = inOrder(settlements).map((settlement) => {
    const { nextInMs } = settlement
    return { ...settlement, nextAt: nextInMs === null ? null : isoTime(Date.parse(now) + nextInMs) }
  })
  const settled = await settleAll(tx, { companyId, now, rows: JSON.stringify(rows) })
  await keepTries(tx, { companyId, tries: settled.flatMap(({ id }) => earlier.get(id) ?? []) })
  return settled
}

/** A document is gone through from its beginning, so two who change the same deliveries seldom wait for each other; who does is tried again. */
function inOrder<Item extends Held>(items: readonly Item[]): Item[] {
  return items.toSorted((left, right) => (left.deliveryId < right.deliveryId ? -1 : 1))
}

interface Kept {
  readonly deliveryId: string
  readonly lastTry: DeliveryAttempt
}

/** What the last tries came to of those that were tried before: another one takes their place. */
async function earlierTries(
  tx: Transaction<Database>,
  { companyId, settlements }: { companyId: string; settlements: readonly Settlement[] },
): Promise<Map<string, Kept>> {
  const ids = settlements.filter(({ lastTry }) => lastTry !== null && lastTry.number > 1).map(({ deliveryId }) => deliveryId)
  if (ids.length === 0) return new Map()
  const rows = await tx
    .selectFrom('deliveries')
    .select(['id', 'last_try'])
    .where('company_id', '=', companyId)
    .where('id', 'in', ids)
    .where('last_try', 'is not', null)
    .execute()
  // Only `settleAll` writes it.
  return new Map(rows.map((row) => [row.id, { deliveryId: row.id, lastTry: JSON.parse(row.last_try ?? '') as DeliveryAttempt }]))
}

async function keepTries(tx: Transaction<Database>, { companyId, tries }: { companyId: string; tries: readonly Kept[] }): Promise<void> {
  if (tries.length === 0) return
  const rows = tries.map(({ deliveryId, lastTry: { number, result, responseStatus, reason, response, startedAt, endedAt } }) => ({
    company_id: companyId,
    delivery_id: deliveryId,
    number,
    result,
    response_status: responseStatus,
    reason,
    response,
    started_at: startedAt,
    ended_at: endedAt,
  }))
  await tx.insertInto('delivery_attempts').values(rows).execute()
}

const giveBackAll = statement((db, { companyId, now, rows }: Rows, family) => {
  const given =
    family === 'postgres'
      ? sql`select * from jsonb_to_recordset(${rows}::jsonb) as n ("deliveryId" uuid, fence bigint)`
      : sql`select value ->> 'deliveryId', value ->> 'fence' from json_each(${rows})`
  return rawStatement<{ id: string }>(
    db,
    sql`with n (id, fence) as materialized (${given})
      update ${tableOf(db, 'deliveries')} as d set claimed_until = null, attempts = attempts - 1, tries = tries - 1,
        tried_since = case when tries > 1 then tried_since end, updated_at = ${now}
      from n
      where d.company_id = ${companyId} and d.id = n.id and d.fence = n.fence and d.claimed_until is not null`,
  )
})

/** Makes due again what was taken and not begun to be sent, as if it had not been taken. */
export async function giveBackDeliveries(
  tx: Transaction<Database>,
  { companyId, now, held: unsent }: { companyId: string; now: string; held: readonly Held[] },
): Promise<void> {
  if (unsent.length > 0) await giveBackAll(tx, { companyId, now, rows: JSON.stringify(inOrder(unsent)) })
}
