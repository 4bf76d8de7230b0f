import { sql, type Kysely, type Transaction } from 'kysely'

import type { Database } from '../database/tables.ts'
import { keepBooks } from '../kernel/transaction.ts'
import type { PluginCursorTable, PluginSubscriptionTable, PluginTable } from './table.ts'

export interface CursorKey {
  readonly companyId: string
  readonly plugin: string
  readonly subscription: string
}

function ofCursor(key: CursorKey) {
  return { company_id: key.companyId, plugin: key.plugin, subscription: key.subscription }
}

/** Enters a subscription at its first start: it wants what comes after this position. Later starts change nothing. */
export async function enterSubscription(db: Kysely<Database>, given: { plugin: string; name: string; beginsAfter: number }): Promise<void> {
  const { plugin, name, beginsAfter } = given
  await keepBooks(db, (tx) =>
    tx
      .insertInto('plugin_subscriptions')
      .values({ plugin, name, begins_after: beginsAfter, scanned_to: beginsAfter })
      .onConflict((conflict) => conflict.doNothing())
      .execute(),
  )
}

export async function findSubscription(
  db: Kysely<Database>,
  given: { plugin: string; name: string },
): Promise<PluginSubscriptionTable | null> {
  const row = await db
    .selectFrom('plugin_subscriptions')
    .selectAll()
    .where('plugin', '=', given.plugin)
    .where('name', '=', given.name)
    .executeTakeFirst()
  return row ?? null
}

/** Events of all companies after a position: which companies have something that a subscription wants. */
export async function scanLog(db: Kysely<Database>, given: { after: number; upTo: number; limit: number }) {
  return db
    .selectFrom('events')
    .select(['seq', 'company_id', 'type'])
    .where('seq', '>', given.after)
    .where('seq', '<=', given.upTo)
    .orderBy('seq')
    .limit(given.limit)
    .execute()
}

/** Notes how far the log was looked through, and which companies have something new; of several processes one does. */
export async function noteScan(
  db: Kysely<Database>,
  given: { subscription: PluginSubscriptionTable; scannedTo: number; companies: readonly string[]; now: string },
): Promise<void> {
  const { subscription, scannedTo, companies, now } = given
  const { plugin, name, begins_after } = subscription
  await keepBooks(db, async (tx) => {
    const moved = await tx
      .updateTable('plugin_subscriptions')
      .set({ scanned_to: scannedTo })
      .where('plugin', '=', plugin)
      .where('name', '=', name)
      .where('scanned_to', '=', subscription.scanned_to)
      .executeTakeFirst()
    if (moved.numUpdatedRows === 0n) return
    for (const companyId of companies) {
      await tx
        .insertInto('plugin_cursors')
        .values({
          company_id: companyId,
          plugin,
          subscription: name,
          after_seq: begins_after,
          parked_seq: null,
          status: 'live',
          attempts: 0,
          marks: 1,
          fence: 0,
          next_at: now,
          reason: null,
          updated_at: now,
        })
        .onConflict((conflict) =>
          conflict.columns(['company_id', 'plugin', 'subscription']).doUpdateSet((row) => ({
            marks: sql<number>`${row.ref('plugin_cursors.marks')} + 1`,
            // One that failed waits for its time; a parked one for somebody.
            next_at: row
              .case()
              .when('plugin_cursors.status', '=', 'live')
              .then(sql<string | null>`coalesce(${row.ref('plugin_cursors.next_at')}, ${row.ref('excluded.next_at')})`)
              .else(null)
              .end(),
          })),
        )
        .execute()
    }
  })
}

/** Cursors of these plugins that are due, of all companies, the longest due first. */
export async function dueCursors(
  db: Kysely<Database>,
  given: { now: string; plugins: readonly string[]; limit: number },
): Promise<PluginCursorTable[]> {
  return db
    .selectFrom('plugin_cursors')
    .selectAll()
    .where('next_at', '<=', given.now)
    .where('plugin', 'in', given.plugins)
    .orderBy('next_at')
    .limit(given.limit)
    .execute()
}

/** Takes a cursor that is as it was read, until a time at which it is another's to take. @returns its fence; null when others were first */
export async function claimCursor(db: Kysely<Database>, cursor: PluginCursorTable, until: string): Promise<number | null> {
  return keepBooks(db, async (tx) => {
    const claimed = await tx
      .updateTable('plugin_cursors')
      .set({ fence: cursor.fence + 1, next_at: until })
      .where('company_id', '=', cursor.company_id)
      .where('plugin', '=', cursor.plugin)
      .where('subscription', '=', cursor.subscription)
      .where('fence', '=', cursor.fence)
      .where('status', '=', 'live')
      .executeTakeFirst()
    return claimed.numUpdatedRows === 0n ? null : cursor.fence + 1
  })
}

/** Writes how far a claimed cursor is. @returns false when another has it by now */
export async function settleCursor(
  tx: Transaction<Database>,
  given: { key: CursorKey; fence: number; changes: Partial<PluginCursorTable> },
): Promise<boolean> {
  const key = ofCursor(given.key)
  const settled = await tx
    .updateTable('plugin_cursors')
    .set(given.changes)
    .where('company_id', '=', key.company_id)
    .where('plugin', '=', key.plugin)
    .where('subscription', '=', key.subscription)
    .where('fence', '=', given.fence)
    .executeTakeFirst()
  return settled.numUpdatedRows > 0n
}

/** Enters a position that is parked from its beginning. @returns false when there is one already */
export async function enterParked(
  tx: Transaction<Database>,
  { companyId, plugin, subscription }: CursorKey,
  changes: Pick<PluginCursorTable, 'status' | 'parked_seq' | 'attempts' | 'reason' | 'next_at' | 'updated_at'>,
): Promise<boolean> {
  const row = { company_id: companyId, plugin, subscription, after_seq: 0, marks: 0, fence: 0, ...changes }
  const added = await tx
    .insertInto('plugin_cursors')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return (added.numInsertedOrUpdatedRows ?? 0n) > 0n
}

/** Ends the work of a claimed cursor: nothing was left of what had been found when it was claimed. */
export async function restCursor(
  tx: Transaction<Database>,
  given: { key: CursorKey; fence: number; marks: number; now: string },
): Promise<void> {
  const key = ofCursor(given.key)
  await tx
    .updateTable('plugin_cursors')
    .set((row) => ({
      // What was found meanwhile is looked for at once.
      next_at: row
        .case()
        .when('marks', '=', given.marks)
        .then(sql<string | null>`null`)
        .else(sql<string>`${given.now}`)
        .end(),
      updated_at: given.now,
    }))
    .where('company_id', '=', key.company_id)
    .where('plugin', '=', key.plugin)
    .where('subscription', '=', key.subscription)
    .where('fence', '=', given.fence)
    .execute()
}

interface Resuming {
  readonly row: PluginTable
  readonly subscription: string
  readonly now: string
  readonly skips: boolean
}

/** Lets a parked cursor go on, or behind the event that it was parked at. @returns null when it is not parked */
export async function resumeCursor(
  tx: Transaction<Database>,
  { row, subscription, now, skips }: Resuming,
): Promise<{ row: PluginCursorTable; parkedAt: number } | null> {
  const key = ofCursor({ companyId: row.company_id, plugin: row.plugin, subscription })
  const cursor = await tx
    .selectFrom('plugin_cursors')
    .selectAll()
    .where('company_id', '=', key.company_id)
    .where('plugin', '=', key.plugin)
    .where('subscription', '=', key.subscription)
    .executeTakeFirst()
  if (cursor?.status !== 'parked') return null
  const parkedAt = cursor.parked_seq ?? cursor.after_seq
  const next = await tx
    .updateTable('plugin_cursors')
    .set({
      status: 'live',
      attempts: 0,
      reason: null,
      parked_seq: null,
      next_at: now,
      after_seq: skips ? parkedAt : cursor.after_seq,
      fence: cursor.fence + 1,
      updated_at: now,
    })
    .where('company_id', '=', key.company_id)
    .where('plugin', '=', key.plugin)
    .where('subscription', '=', key.subscription)
    .where('fence', '=', cursor.fence)
    .returningAll()
    .executeTakeFirst()
  return next ? { row: next, parkedAt } : null
}
