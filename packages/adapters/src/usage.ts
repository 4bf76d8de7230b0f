import { z } from 'zod'

const Amount = z.number().int().min(0).optional()

/** What an agent tells that it used, in words of the port; every member may be left out. */
export const Usage = z.strictObject({
  inputTokens: Amount,
  outputTokens: Amount,
  cachedInputTokens: Amount,
  cacheWriteTokens: Amount,
  costMicros: Amount,
  provider: z.string().max(100).optional(),
  model: z.string().max(200).optional(),
  billingType: z.enum(['metered', 'subscription', 'credits', 'unknown']).optional(),
  cumulative: z.boolean().optional(),
})
