import { systemActor, type Engine } from '@engine/core'

interface Claimed {
  readonly deliveries: readonly { readonly id: string; readonly fence: number }[]
}

/** A route of a company that sends to the scripted destination, with one delivery that waits. */
export async function newRoute(engine: Engine, companyId: string): Promise<{ routeId: string; deliveryId: string }> {
  const input = { companyId, name: 'Route', destinationType: 'scripted', events: ['label.updated'] }
  const { id: routeId } = await engine.routes.create(input)
  const label = await engine.labels.create({ companyId, name: 'Sent' })
  await engine.labels.update({ labelId: label.id, name: 'Sent away' })
  const [delivery] = (await engine.deliveries.list({ companyId, routeId })).items
  return { routeId, deliveryId: delivery?.id ?? '' }
}

/** Takes what is due in a route, as a process does that is to send it. */
export async function claimDue(engine: Engine, routeId: string): Promise<Claimed['deliveries']> {
  // The registry's answer to deliveries.claim.
  const answer = (await engine.execute('deliveries.claim', { input: { routeId, limit: 1 }, actor: systemActor })) as Claimed
  return answer.deliveries
}

/** What a try came to. */
export function outcome(deliveryId: string, fence: number, result: 'delivered' | 'parked') {
  const nothing = { responseStatus: null, response: null, reference: null, retryAfterMs: null }
  const reason = result === 'parked' ? 'refused' : null
  return { ...nothing, deliveryId, fence, result, reason, startedAt: '2026-01-01T00:00:00.000Z' }
}

/** Takes what is due in a route and says that it came to this. */
export async function settleDue(engine: Engine, routeId: string, result: 'delivered' | 'parked'): Promise<void> {
  const outcomes = (await claimDue(engine, routeId)).map(({ id, fence }) => outcome(id, fence, result))
  await engine.execute('deliveries.settle', { input: { routeId, outcomes }, actor: systemActor })
}

/** A route of a company with one delivery that was refused. */
export async function parkDelivery(engine: Engine, companyId: string): Promise<{ routeId: string; deliveryId: string }> {
  const made = await newRoute(engine, companyId)
  await settleDue(engine, made.routeId, 'parked')
  return made
}
