import { randomUUID } from 'node:crypto'

import { systemActor, type Engine } from '@engine/core'
import type { DeliveryAttempt } from '@engine/core/contract'

export interface Claimed {
  readonly eventSeq: number
  readonly deliveryId: string
  readonly fence: number
  readonly attempt: number
  readonly tries: number
  readonly triedSince: string | null
  readonly digestId: string | null
}

interface Answer {
  readonly taken: readonly { readonly deliveries: readonly Claimed[] }[]
}

/** A route of a company that sends to the scripted destination, with one delivery that waits. */
export async function newRoute(engine: Engine, companyId: string): Promise<{ routeId: string; deliveryId: string }> {
  const input = { companyId, name: 'Route', destinationType: 'scripted', events: ['label.updated'] }
  const { id: routeId } = await engine.routes.create(input)
  const label = await engine.labels.create({ companyId, name: `Sent ${randomUUID()}` })
  await engine.labels.update({ labelId: label.id, name: `Sent away ${randomUUID()}` })
  const [delivery] = (await engine.deliveries.list({ companyId, routeId })).items
  return { routeId, deliveryId: delivery?.id ?? '' }
}

/** Takes one that is due in a route, as a process does that is to send it. */
export async function claimDue(engine: Engine, routeId: string): Promise<Claimed[]> {
  const { companyId } = await engine.routes.get({ routeId })
  const input = { companyId, outcomes: [], unsent: [], wanted: [{ routeId, limit: 1 }] }
  // The registry's answer to deliveries.exchange.
  const { taken } = (await engine.execute('deliveries.exchange', { input, actor: systemActor })) as Answer
  return taken.flatMap(({ deliveries }) => deliveries)
}

/** What a try came to. */
export function outcome(claimed: Claimed, { routeId, result }: { routeId: string; result: DeliveryAttempt['result'] }) {
  const nothing = { responseStatus: null, response: null, reference: null, retryAfterMs: null }
  const reason = result === 'parked' ? 'refused' : null
  const { deliveryId, fence, attempt, tries, triedSince, digestId } = claimed
  const held = { deliveryId, fence, attempt, tries, triedSince, digestId }
  return { ...held, ...nothing, routeId, result, reason, startedAt: '2026-01-01T00:00:00.000Z' }
}

/** Takes what is due in a route and says that it came to this. */
export async function settleDue(engine: Engine, routeId: string, result: 'delivered' | 'parked'): Promise<void> {
  const outcomes = (await claimDue(engine, routeId)).map((claimed) => outcome(claimed, { routeId, result }))
  const { companyId } = await engine.routes.get({ routeId })
  await engine.execute('deliveries.exchange', { input: { companyId, outcomes, unsent: [], wanted: [] }, actor: systemActor })
}

/** A route of a company with one delivery that was refused. */
export async function parkDelivery(engine: Engine, companyId: string): Promise<{ routeId: string; deliveryId: string }> {
  const made = await newRoute(engine, companyId)
  await settleDue(engine, made.routeId, 'parked')
  return made
}
