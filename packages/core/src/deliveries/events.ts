import { z } from 'zod'

const about = { routeId: z.string(), eventId: z.string(), eventType: z.string(), attempts: z.number() }

export const deliveryEvents = {
  'delivery.delivered': z.object({ ...about, responseStatus: z.number().nullable() }),
  /** It is given up until somebody replays it. */
  'delivery.parked': z.object({ ...about, responseStatus: z.number().nullable(), reason: z.string() }),
  'delivery.replayed': z.object(about),
}
