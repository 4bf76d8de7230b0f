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
import { claimDeliveries, insertAttempts, lockHeld, promote, settleDeliveries, type Settlement } from './sql.ts'
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
  const verdict = { status: 'parked', nextInMs: null, reason } as const
  await record(context, [concluded(row, { verdict, responseStatus: null, reference: null, now: context.now })])
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
    // Nothing is recorded for a claim that was over: somebody else sends the delivery, or it was cancelled.
    const held = new Map((await lockHeld(context.tx, { companyId: context.companyId, claims: outcomes })).map((row) => [row.id, row]))
    const known = outcomes.flatMap((outcome) => {
      const row = held.get(outcome.deliveryId)
      return row && row.fence === outcome.fence ? [{ held: row, outcome }] : []
    })
    const settled = await record(context, settlementsOf(context, known, retry))
    const told = known.flatMap(({ held: { id }, outcome }) => {
      const row = settled.get(id)
      return row ? [{ row, outcome }] : []
    })
    await insertAttempts(
      context.tx,
      told.map(({ row, outcome }) => attemptOf(row, outcome, context.now)),
    )
    await promoteBehind(
      context,
      told.flatMap(({ row }) => (row.ended_at === null ? [] : [row])),
    )
    return { settled: told.length }
  },
})

/** What follows from the outcomes of deliveries that are held. */
function settlementsOf(
  context: CommandContext,
  known: readonly { held: DeliveryTable; outcome: Outcome }[],
  retry: RetryPolicy,
): Settlement[] {
  const { now } = context
  // What goes together is tried again together.
  const verdicts = new Map<string, Verdict>()
  return known.map(({ held, outcome }) => {
    const { responseStatus, reference } = outcome
    if (outcome.result === 'interrupted') {
      const { reason, reference: earlier, response_status } = held
      const columns = { status: 'retrying' as const, reason, reference: earlier, response_status, ended_at: null }
      return { held, columns, nextInMs: 0, tookBack: true }
    }
    const together = outcome.result === 'retry' ? held.digest_id : null
    const known = together === null ? undefined : verdicts.get(together)
    const random = () => context.random()
    const verdict = known ?? judge(outcome, { tries: held.tries, triedSince: held.tried_since, retry, now, random })
    if (together !== null) verdicts.set(together, verdict)
    return concluded(held, { verdict, responseStatus, reference, now })
  })
}

interface Conclusion {
  readonly verdict: Verdict
  readonly responseStatus: number | null
  readonly reference: string | null
  readonly now: string
}

function concluded(held: DeliveryTable, { verdict, responseStatus, reference, now }: Conclusion): Settlement {
  const { status, reason, nextInMs } = verdict
  const columns = { status, reason, reference, response_status: responseStatus, ended_at: status === 'retrying' ? null : now }
  return { held, columns, nextInMs, tookBack: false }
}

/** Writes and tells what became of deliveries. @returns those that were still held */
async function record(context: CommandContext, settlements: readonly Settlement[]): Promise<Map<string, DeliveryTable>> {
  const { tx, companyId, now } = context
  const rows = new Map((await settleDeliveries(tx, { companyId, now, settlements })).map((row) => [row.id, row]))
  for (const { held } of settlements) {
    const row = rows.get(held.id)
    if (row?.status === 'delivered')
      context.emit('delivery.delivered', deliveryRef(row), { ...aboutDelivery(row), responseStatus: row.response_status })
    if (row?.status === 'parked')
      context.emit('delivery.parked', deliveryRef(row), {
        ...aboutDelivery(row),
        responseStatus: row.response_status,
        reason: row.reason ?? '',
      })
  }
  return rows
}

function attemptOf(row: DeliveryTable, outcome: Outcome, now: string): DeliveryAttemptTable {
  return {
    company_id: row.company_id,
    delivery_id: row.id,
    number: row.attempts,
    result: outcome.result,
    response_status: outcome.responseStatus,
    reason: outcome.reason,
    response: outcome.response,
    started_at: outcome.startedAt,
    ended_at: now,
  }
}

async function promoteBehind({ tx, companyId, now }: CommandContext, rows: readonly DeliveryTable[]): Promise<void> {
  if (rows.length === 0) return
  const routeIds = [...new Set(rows.map((row) => row.route_id))]
  await promote(tx, { companyId, routeIds, entityIds: [...new Set(rows.map((row) => row.entity_id))], now })
  const gathering = new Set(rows.filter((row) => row.digest_id !== null).map((row) => row.route_id))
  for (const routeId of gathering) await releaseHeld(tx, { companyId, routeId, now })
}
