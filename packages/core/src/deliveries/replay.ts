import { z } from 'zod'

import { command, type CommandContext } from '../kernel/command.ts'
import { changedMeanwhile } from '../kernel/change.ts'
import { notFound, ruleViolated } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'
import { assertTransition } from '../kernel/transition.ts'
import { findRoute } from '../routes/sql.ts'
import { deliveryMachine } from './machine.ts'
import { Delivery } from './schema.ts'
import { findDelivery, promote, reopenDelivery } from './sql.ts'
import { toDelivery, type DeliveryTable } from './table.ts'

export const replay = command({
  title: 'Send a delivery again that was given up',
  description: 'By what its route says now, with the id that it had. It is tried as often as a new one.',
  input: z.strictObject({ deliveryId: Id }),
  output: Delivery,
  access: { scope: 'routes:manage', company: 'delivery' },
  http: ['POST', '/deliveries/:deliveryId/replay'],
  async handle(context, { deliveryId }) {
    const row = await findDelivery(context.tx, deliveryId)
    if (row?.company_id !== context.companyId) throw notFound('delivery', deliveryId)
    assertTransition(deliveryMachine, row.status, { to: 'pending', verb: 'replay' })
    const route = await findRoute(context.tx, row.route_id)
    if (!route || route.removed_at !== null)
      throw ruleViolated('Its route was deleted, so there is nowhere to send it.', { routeId: row.route_id })
    await replayAll(context, [row])
    const next = await findDelivery(context.tx, row.id)
    if (!next) throw changedMeanwhile('delivery', row.id)
    return toDelivery(next)
  },
})

/** Opens parked deliveries of a company anew. @returns how many */
export async function replayAll(context: CommandContext, rows: readonly DeliveryTable[]): Promise<number> {
  const { companyId, now } = context
  const replayed: DeliveryTable[] = []
  for (const row of rows) {
    const next = await reopenDelivery(context.tx, row, now)
    if (!next) throw changedMeanwhile('delivery', row.id)
    context.emit('delivery.replayed', deliveryRef(next), aboutDelivery(next))
    replayed.push(next)
  }
  if (replayed.length === 0) return 0
  await promote(context.tx, { companyId, lanes: replayed.map((row) => ({ routeId: row.route_id, entityId: row.entity_id })), now })
  return replayed.length
}

/** Its fence grows with every change that is told. */
export function deliveryRef(row: Pick<DeliveryTable, 'id' | 'fence'>) {
  return { type: 'delivery' as const, id: row.id, version: row.fence }
}

export function aboutDelivery(row: Pick<DeliveryTable, 'route_id' | 'event_id' | 'event_type' | 'attempts'>) {
  return { routeId: row.route_id, eventId: row.event_id, eventType: row.event_type, attempts: row.attempts }
}
