import { z } from 'zod'

import { BillingType } from './schema.ts'

export const costEvents = {
  'cost.recorded': z.object({
    source: z.string(),
    runId: z.string().nullable(),
    taskId: z.string().nullable(),
    projectId: z.string().nullable(),
    agentId: z.string().nullable(),
    provider: z.string(),
    model: z.string().nullable(),
    inputTokens: z.number(),
    outputTokens: z.number(),
    cachedInputTokens: z.number(),
    costMicros: z.number(),
    isImputed: z.boolean(),
    isPriced: z.boolean(),
    billingType: BillingType,
  }),
}
