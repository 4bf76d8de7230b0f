import { z } from 'zod'

import { Id, IsoTime } from '../kernel/schema.ts'

export const DeliveryStatus = z.enum(['pending', 'retrying', 'delivered', 'parked', 'cancelled'])
export type DeliveryStatus = z.infer<typeof DeliveryStatus>

export const DeliveryAttempt = z
  .object({
    number: z.number().int(),
    result: z.enum(['delivered', 'retry', 'parked', 'interrupted']).describe('interrupted: the process was stopped meanwhile.'),
    responseStatus: z.number().int().nullable(),
    reason: z.string().nullable(),
    response: z.string().nullable().describe('The beginning of what was answered, without secrets.'),
    startedAt: IsoTime,
    endedAt: IsoTime,
  })
  .meta({ id: 'DeliveryAttempt' })
export type DeliveryAttempt = z.infer<typeof DeliveryAttempt>

export const Delivery = z
  .object({
    id: Id,
    companyId: Id,
    routeId: Id,
    eventId: Id,
    eventSeq: z.number().int(),
    eventType: z.string(),
    entity: z.object({ type: z.string(), id: Id }),
    status: DeliveryStatus,
    attempts: z.number().int().describe('How often it was begun to be sent.'),
    nextAt: IsoTime.nullable().describe(
      'When it is tried next, or while it is being sent, by whom it is taken until. Null while it waits behind another.',
    ),
    reason: z.string().nullable().describe('What the last try came to, when it did not arrive.'),
    responseStatus: z.number().int().nullable(),
    reference: z.string().nullable().describe('What its receiver calls it.'),
    digestId: Id.nullable().describe('The same of all that are sent together; null when it goes by itself.'),
    createdAt: IsoTime,
    updatedAt: IsoTime,
    endedAt: IsoTime.nullable(),
  })
  .meta({ id: 'Delivery' })
export type Delivery = z.infer<typeof Delivery>

/** How many deliveries go in and come out of one exchange at most. */
export const mostTogether = 256

/** A delivery that a process took, and by which claim. */
export const Held = z.strictObject({ deliveryId: Id, fence: z.number().int() })
export type Held = z.infer<typeof Held>

/** What of a delivery stays as it is for as long as its claim lasts. */
const claim = {
  attempt: z.number().int(),
  tries: z.number().int(),
  triedSince: z.string().nullable(),
  digestId: Id.nullable(),
}

/** What a try came to, as it is recorded. */
export const Outcome = Held.extend({
  ...claim,
  routeId: Id,
  result: DeliveryAttempt.shape.result,
  reason: z.string().max(2_048).nullable(),
  responseStatus: z.number().int().nullable(),
  response: z.string().max(2_048).nullable(),
  reference: z.string().max(500).nullable(),
  retryAfterMs: z.number().int().min(0).nullable(),
  startedAt: z.string(),
})
export type Outcome = z.infer<typeof Outcome>

/** A delivery that a process is to send now. */
export const Claimed = Held.extend({ ...claim, eventSeq: z.number().int() })
export type Claimed = z.infer<typeof Claimed>
