import { sql } from 'kysely'
import { z } from 'zod'

import { pageById } from '../database/page.ts'
import { query } from '../kernel/command.ts'
import { pageInput, pageOf } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { TaskFilter } from '../tasks/schema.ts'
import { filteredTaskId } from '../tasks/sql.ts'
import { Delivery, DeliveryAttempt, DeliveryStatus } from './schema.ts'
import { attemptsOf, locatedDeliveries, mostTries } from './sql.ts'
import { toDelivery, toTries } from './table.ts'

export const get = query({
  title: 'Show a delivery with its tries',
  description: 'The 100 newest of them, oldest first.',
  input: z.strictObject({ deliveryId: Id }),
  output: Delivery.extend({ tries: z.array(DeliveryAttempt) }),
  access: { scope: 'routes:read', company: 'delivery' },
  http: ['GET', '/deliveries/:deliveryId'],
  async handle(context) {
    const row = locatedDeliveries.of(context)
    const earlier = await attemptsOf(context.db, { companyId: context.companyId, deliveryId: row.id })
    return { ...toDelivery(row), tries: toTries(row, earlier).slice(-mostTries) }
  },
})

export const list = query({
  title: 'List deliveries, newest first',
  description: 'Those that were given up have the status parked.',
  input: z.strictObject({
    companyId: Id,
    routeId: Id.optional(),
    status: DeliveryStatus.optional(),
    entityId: TaskFilter.optional().describe('Of events about this thing: its id, of a task also its identifier.'),
    ...pageInput,
  }),
  output: pageOf(Delivery),
  access: { scope: 'routes:read', company: 'company' },
  http: ['GET', '/companies/:companyId/deliveries'],
  async handle(context, { routeId, status, entityId: reference, cursor, limit }) {
    const entityId = await filteredTaskId(context.db, context.companyId, reference)
    let rows = context.db.selectFrom('deliveries').selectAll().where('company_id', '=', context.companyId)
    if (routeId) rows = rows.where('route_id', '=', routeId)
    if (status) rows = rows.where('status', '=', status)
    // What the indexes of statuses hold; the planner sees only values that stand in the statement.
    if (status && status !== 'delivered') rows = rows.where('status', '<>', sql.lit('delivered'))
    if (entityId) rows = rows.where('entity_id', '=', entityId)
    return pageById(rows, { limit, cursor }, { isNewestFirst: true, item: toDelivery })
  },
})
