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

/** What a try came to, as it is recorded. */
export const Outcome = z.strictObject({
  deliveryId: Id,
  fence: z.number().int(),
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
export const Claimed = z.object({
  id: Id,
  fence: z.number().int(),
  attempt: z.number().int(),
  eventSeq: z.number().int(),
  digestId: Id.nullable(),
})
export type Claimed = z.infer<typeof Claimed>
