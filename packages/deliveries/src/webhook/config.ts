import { z } from 'zod'

import { address } from '../remote/address.ts'
import { requestHeaders } from '../remote/headers.ts'

/** What the signature consists of; a header of an operator could only break it. */
const signed = ['webhook-id', 'webhook-timestamp', 'webhook-signature']

/** Where a webhook goes. */
export const WebhookConfig = z.strictObject({
  url: address(/^(https?|secret)$/).describe(
    'Takes the delivery; https: unless the host allows this target. May be a reference to a secret.',
  ),
  method: z.enum(['POST', 'PUT', 'PATCH']).default('POST'),
  headers: requestHeaders(signed)
    .default({})
    .describe(
      'Sent with every request, such as Authorization; values may be references to secrets, and those that say who asks have to be.',
    ),
  secrets: z
    .array(z.string().min(1).max(1_000))
    .max(2)
    .default([])
    .describe('Keys of the signature as `whsec_…`; two while one takes the place of the other. Without one nothing is signed.'),
  timeoutSec: z.number().min(1).max(30).default(10).describe('For one request and its answer.'),
})
export type WebhookConfig = z.infer<typeof WebhookConfig>
