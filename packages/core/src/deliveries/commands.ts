import { z } from 'zod'

import { command, type CommandContext } from '../kernel/command.ts'
import { Id } from '../kernel/schema.ts'
import { Route, type RetryPolicy } from '../routes/schema.ts'
import { findRoute } from '../routes/sql.ts'
import { toRoute } from '../routes/table.ts'
import { claimDigest, lockRoute, releaseHeld } from './digest.ts'
import { judge, type Verdict } from './judge.ts'
import { aboutDelivery, deliveryRef } from './replay.ts'
import { Claimed, Outcome } from './schema.ts'
import { claimDeliveries, insertAttempts, promote, settleDelivery } from './sql.ts'
import type { DeliveryAttemptTable, DeliveryTable } from './table.ts'

const goesOn = 'what happened before is still sent'
const unaudited = 'tries are kept with their delivery; how it ends is told'

const mostAtOnce = 100

export const claim = command({
  title: 'Take deliveries of a route to send them',
  input: z.strictObject({ routeId: Id, limit: z.number().int().min(1).max(mostAtOnce) }),
  output: z.object({ route: Route.nullable(), deliveries: z.array(Claimed) }),
  access: { scope: 'engine:internal', company: 'route' },
  whenArchived: goesOn,
  unaudited,
  locks: 'rows',
  async handle(context, { routeId, limit }) {
    const { tx, companyId, now, settings } = context
    const route = await findRoute(tx, routeId)
    if (!route || route.is_enabled === 0 || route.removed_at !== null) return { route: null, deliveries: [] }
    const shown = toRoute(route)
    const given = { companyId, routeId, limit, now, leaseMs: settings.deliveryLeaseMs }
    const rows = shown.digest
      ? await claimDigest(tx, { ...given, limit: mostAtOnce, digestId: context.newId() })
      : await claimDeliveries(tx, given)
    // Who took it the last time never said what became of it: a delivery that ends its process must not do so for ever.
    const isSpent = (row: DeliveryTable) => row.tries > shown.retry.maxAttempts
    for (const row of rows.filter(isSpent)) await giveUp(context, row)
    const deliveries = rows
      .filter((row) => !isSpent(row))
      .map(({ id, fence, attempts, event_seq, digest_id }) => ({ id, fence, attempt: attempts, eventSeq: event_seq, digestId: digest_id }))
    return { route: shown, deliveries }
  },
})

async function giveUp(context: CommandContext, row: DeliveryTable): Promise<void> {
  const reason = `${row.tries - 1} tries were begun, and nobody said what became of the last one`
  await conclude(context, row, { verdict: { status: 'parked', nextInMs: null, reason }, responseStatus: null, reference: null })
  await promoteBehind(context, [row])
}

export const settle = command({
  title: 'Record what became of deliveries that a process has sent',
  input: z.strictObject({ routeId: Id, outcomes: z.array(Outcome).min(1).max(mostAtOnce) }),
  output: z.object({ settled: z.number().int() }),
  access: { scope: 'engine:internal', company: 'route' },
  whenArchived: goesOn,
  unaudited,
  locks: 'rows',
  async handle(context, { routeId, outcomes }) {
    const route = await findRoute(context.tx, routeId)
    if (!route) return { settled: 0 }
    const { retry, digest } = toRoute(route)
    if (digest) await lockRoute(context.tx, { companyId: context.companyId, routeId })
    const ended: DeliveryTable[] = []
    const attempts: DeliveryAttemptTable[] = []
    const verdicts: Verdicts = new Map()
    // In one order, so that two processes do not wait for each other.
    for (const outcome of outcomes.toSorted((left, right) => (left.deliveryId < right.deliveryId ? -1 : 1))) {
      const settled = await settleOne(context, outcome, { retry, verdicts })
      if (!settled) continue
      attempts.push(settled.attempt)
      if (settled.row.ended_at !== null) ended.push(settled.row)
    }
    await insertAttempts(context.tx, attempts)
    await promoteBehind(context, ended)
    return { settled: attempts.length }
  },
})

/** Of each digest that did not arrive. */
type Verdicts = Map<string | null, Verdict>

/** Nothing is recorded for a claim that was over: somebody else sends the delivery, or it was cancelled. */
async function settleOne(context: CommandContext, outcome: Outcome, { retry, verdicts }: { retry: RetryPolicy; verdicts: Verdicts }) {
  const { tx, companyId, now } = context
  const { deliveryId, fence, responseStatus, reference } = outcome
  const held = await heldDelivery(context, { deliveryId, fence })
  if (!held) return null
  // What goes together is tried again together.
  const known = outcome.result === 'retry' ? verdicts.get(held.digest_id) : undefined
  const random = () => context.random()
  const verdict = known ?? judge(outcome, { tries: held.tries, triedSince: held.tried_since, retry, now, random })
  if (outcome.result === 'retry' && held.digest_id !== null) verdicts.set(held.digest_id, verdict)
  const row =
    outcome.result === 'interrupted'
      ? await settleDelivery(tx, { companyId, deliveryId, fence }, { status: 'retrying', updated_at: now, nextInMs: 0, tookBack: true })
      : await conclude(context, held, { verdict, responseStatus, reference })
  if (!row) return null
  const attempt: DeliveryAttemptTable = {
    company_id: companyId,
    delivery_id: row.id,
    number: row.attempts,
    result: outcome.result,
    response_status: responseStatus,
    reason: outcome.reason,
    response: outcome.response,
    started_at: outcome.startedAt,
    ended_at: now,
  }
  return { row, attempt }
}

async function heldDelivery({ tx, companyId }: CommandContext, { deliveryId, fence }: { deliveryId: string; fence: number }) {
  return tx
    .selectFrom('deliveries')
    .selectAll()
    .where('company_id', '=', companyId)
    .where('id', '=', deliveryId)
    .where('fence', '=', fence)
    .executeTakeFirst()
}

interface Conclusion {
  readonly verdict: Verdict
  readonly responseStatus: number | null
  readonly reference: string | null
}

async function conclude(context: CommandContext, held: DeliveryTable, given: Conclusion): Promise<DeliveryTable | null> {
  const { tx, companyId, now } = context
  const { verdict, responseStatus, reference } = given
  const { status, reason, nextInMs } = verdict
  const isOver = status !== 'retrying'
  const columns = { status, reason, nextInMs, reference, response_status: responseStatus, updated_at: now, ended_at: isOver ? now : null }
  const row = await settleDelivery(tx, { companyId, deliveryId: held.id, fence: held.fence }, columns)
  if (!row) return null
  if (status === 'delivered') context.emit('delivery.delivered', deliveryRef(row), { ...aboutDelivery(row), responseStatus })
  if (status === 'parked')
    context.emit('delivery.parked', deliveryRef(row), { ...aboutDelivery(row), responseStatus, reason: reason ?? '' })
  return row
}

async function promoteBehind({ tx, companyId, now }: CommandContext, rows: readonly DeliveryTable[]): Promise<void> {
  if (rows.length === 0) return
  const routeIds = [...new Set(rows.map((row) => row.route_id))]
  await promote(tx, { companyId, routeIds, entityIds: [...new Set(rows.map((row) => row.entity_id))], now })
  const gathering = new Set(rows.filter((row) => row.digest_id !== null).map((row) => row.route_id))
  for (const routeId of gathering) await releaseHeld(tx, { companyId, routeId, now })
}
