import { z } from 'zod'

import { command, type CommandContext } from '../kernel/command.ts'
import { Id } from '../kernel/schema.ts'
import { Route } from '../routes/schema.ts'
import { routesById } from '../routes/sql.ts'
import { toRoute } from '../routes/table.ts'
import { claimDue, type ClaimedRow, type Wanted } from './claims.ts'
import { claimDigest, lockRoutes, releaseHeld } from './digest.ts'
import { settlementsOf } from './judge.ts'
import { aboutDelivery, deliveryRef } from './replay.ts'
import { Claimed, Held, mostTogether, Outcome } from './schema.ts'
import { giveBackDeliveries, settleDeliveries, type SettledRow, type Settlement } from './settlements.ts'
import { promote } from './sql.ts'

/** How many events one digest tells at most. */
const mostOfDigest = 100

export const exchange = command({
  title: 'Record what became of deliveries that a process has sent, and take the next ones to send',
  description: 'Of one company. What was settled makes room in its lane before anything is taken.',
  input: z.strictObject({
    companyId: Id,
    outcomes: z.array(Outcome).max(mostTogether),
    unsent: z.array(Held).max(mostTogether).describe('Taken, and not begun to be sent.'),
    wanted: z.array(z.strictObject({ routeId: Id, limit: z.number().int().min(1).max(mostTogether) })),
  }),
  output: z.object({
    settled: z.number().int(),
    taken: z.array(z.object({ route: Route, deliveries: z.array(Claimed) })).describe('Of each enabled route that was asked for.'),
  }),
  access: { scope: 'engine:internal', company: 'company' },
  whenArchived: 'what happened before is still sent',
  unaudited: 'tries are kept with their delivery; how it ends is told',
  locks: 'rows',
  async handle(context, { outcomes, unsent, wanted }) {
    const { tx, companyId, now } = context
    const ids = new Set([...outcomes, ...wanted].map(({ routeId }) => routeId))
    const routes = new Map((await routesById(tx, { companyId, ids: [...ids] })).map((row) => [row.id, row]))
    const isSending = (id: string) => routes.get(id)?.is_enabled === 1 && routes.get(id)?.removed_at === null
    const known = new Map([...routes.values()].map((row) => [row.id, toRoute(row)]))
    const digests = [...known.values()].filter(({ digest }) => digest !== null)
    // Two processes do not both begin a digest, and none takes a part of one that another is settling.
    await lockRoutes(tx, { companyId, routeIds: digests.map(({ id }) => id) })
    await giveBackDeliveries(tx, { companyId, now, held: unsent })
    const settled = await record(context, settlementsOf(outcomes, { routes: known, now, random: () => context.random() }))
    const rows = await take(context, {
      wanted: wanted.filter(({ routeId }) => isSending(routeId)),
      digests: new Set(digests.map(({ id }) => id)),
    })
    // Who took it the last time never said what became of it: a delivery that ends its process must not do so for ever.
    const isSpent = (row: ClaimedRow) => row.tries > (known.get(row.route_id)?.retry.maxAttempts ?? 0)
    await record(context, rows.filter(isSpent).map(spent(now)))
    const byRoute = Map.groupBy(
      rows.filter((row) => !isSpent(row)),
      (row) => row.route_id,
    )
    const taken = wanted.flatMap(({ routeId }) => {
      const route = known.get(routeId)
      return route && isSending(routeId) ? [{ route, deliveries: (byRoute.get(routeId) ?? []).map(toClaimed) }] : []
    })
    return { settled: settled.length, taken }
  },
})

/** Takes what is due: of a route that gathers a digest, of all others what each has. */
async function take(context: CommandContext, given: { wanted: readonly Wanted[]; digests: ReadonlySet<string> }): Promise<ClaimedRow[]> {
  const { tx, companyId, now, settings } = context
  const claim = { companyId, now, leaseMs: settings.deliveryLeaseMs }
  const rows = await claimDue(
    tx,
    claim,
    given.wanted.filter(({ routeId }) => !given.digests.has(routeId)),
  )
  for (const { routeId } of given.wanted.filter((one) => given.digests.has(one.routeId)))
    rows.push(...(await claimDigest(tx, { ...claim, routeId, limit: mostOfDigest, digestId: context.newId() })))
  return rows
}

function toClaimed(row: ClaimedRow): Claimed {
  const { id: deliveryId, fence, attempts: attempt, tries, tried_since: triedSince, digest_id: digestId, event_seq: eventSeq } = row
  return { deliveryId, fence, attempt, tries, triedSince, digestId, eventSeq }
}

function spent(now: string) {
  return ({ id: deliveryId, fence, tries }: ClaimedRow): Settlement => {
    const reason = `${tries - 1} tries were begun, and nobody said what became of the last one`
    const nothing = { reference: null, responseStatus: null, lastTry: null, nextInMs: null, tookBack: false }
    return { ...nothing, deliveryId, fence, status: 'parked', reason, endedAt: now }
  }
}

/** Writes and tells what became of deliveries, and makes due what waited for them. @returns those that were still held */
async function record(context: CommandContext, settlements: readonly Settlement[]): Promise<SettledRow[]> {
  const { tx, companyId, now } = context
  const rows = await settleDeliveries(tx, { companyId, now, settlements })
  for (const row of rows) {
    const about = { ...aboutDelivery(row), responseStatus: row.response_status }
    if (row.status === 'delivered') context.emit('delivery.delivered', deliveryRef(row), about)
    if (row.status === 'parked') context.emit('delivery.parked', deliveryRef(row), { ...about, reason: row.reason ?? '' })
  }
  const ended = rows.filter((row) => row.ended_at !== null)
  await promote(tx, { companyId, lanes: ended.map((row) => ({ routeId: row.route_id, entityId: row.entity_id })), now })
  const gathering = new Set(ended.filter((row) => row.digest_id !== null).map((row) => row.route_id))
  for (const routeId of gathering) await releaseHeld(tx, { companyId, routeId, now })
  return rows
}
