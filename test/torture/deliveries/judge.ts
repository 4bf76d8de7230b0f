import type { AnyEvent } from '@engine/core'

import type { Round } from '../loop.ts'
import type { Receiver } from './receiver.ts'

/** What a route was to send, and to whom. */
export interface Routed {
  readonly name: string
  readonly receiver: Receiver
  readonly events: readonly AnyEvent[]
  /** What its receiver refused at first; that comes after what happened later. */
  readonly refused: ReadonlySet<string>
}

/** What a receiver keeps and does not say: that it comes again is all that a sender can do. */
const unsaid = ['breaks off after it kept', 'breaks off within its answer', 'keeps and never answers']

/** Everything arrived, in the order of each thing, under one id, and what goes together always as the same. */
export function judgeRoute({ name, receiver, events, refused }: Routed, round: Round): void {
  const { arrived, moods } = receiver
  for (const [mood, times] of moods) round.count(`${name === 'digests' ? 'mailbox' : name}: ${mood}`, times)
  const told = arrived.flatMap(({ deliveryId, eventIds }) => eventIds.map((eventId) => ({ deliveryId, eventId })))
  // Where each arrived first: a repeat may come later.
  const placeOf = new Map(told.map(({ eventId }, index): [string, number] => [eventId, index]).toReversed())
  round.count('deliveries', placeOf.size)
  round.count('sent more than once', told.length - placeOf.size)
  round.count(
    'of these kept by a receiver that did not say so',
    unsaid.reduce((sum, mood) => sum + (moods.get(mood) ?? 0), 0),
  )
  const missing = events.filter(({ id }) => !placeOf.has(id))
  if (missing.length > 0) round.violation(`${name}: ${missing.length} of ${events.length} events never arrived: ${missing[0]?.id}`)
  if (placeOf.size > events.length) round.violation(`${name}: ${placeOf.size} events arrived, ${events.length} were to be sent`)
  for (const [entityId, ofEntity] of Map.groupBy(events, ({ entity }) => entity.id)) {
    const places = ofEntity.filter(({ id }) => !refused.has(id)).flatMap(({ id }) => placeOf.get(id) ?? [])
    if (places.some((place, index) => index > 0 && place < (places[index - 1] ?? 0)))
      round.violation(`${name}: the events of ${entityId} arrived in another order than they happened: ${places.join(' ')}`)
  }
  const pairs = new Set(told.map(({ deliveryId, eventId }) => `${eventId} ${deliveryId}`))
  if (pairs.size !== placeOf.size) round.violation(`${name}: an event came under two ids of deliveries`)
  const contents = new Set(arrived.map(({ deliveryId, eventIds }) => `${deliveryId} ${eventIds.join(' ')}`))
  if (contents.size !== new Set(arrived.map(({ deliveryId }) => deliveryId)).size)
    round.violation(`${name}: one id came with different events`)
}
