import { z } from 'zod'

import { Id, IsoTime } from '../kernel/schema.ts'

export const BillingType = z
  .enum(['metered', 'subscription', 'credits', 'unknown'])
  .describe('metered: each call is paid for; subscription, credits: it was paid for before, so what it cost is only imputed.')
export type BillingType = z.infer<typeof BillingType>

const Micros = z.number().int().describe('Millionths of a US dollar.')
const Cents = z.number().describe('The same in cents, with up to four decimals.')
const Tokens = z.number().int()

export const CostEvent = z
  .object({
    id: Id,
    companyId: Id,
    source: z.string(),
    sourceEventId: z.string(),
    runId: Id.nullable(),
    taskId: Id.nullable(),
    projectId: Id.nullable(),
    goalId: Id.nullable(),
    agentId: Id.nullable(),
    adapter: z.string().nullable(),
    provider: z.string(),
    model: z.string().nullable(),
    inputTokens: Tokens,
    outputTokens: Tokens,
    cachedInputTokens: Tokens,
    costMicros: Micros,
    costCents: Cents,
    isImputed: z.boolean().describe('Nobody is asked to pay it: it was paid for before, and this is what it would have cost.'),
    isPriced: z.boolean().describe('False when nobody knew its price: it counts as what was held for its call, or as nothing.'),
    billingType: BillingType,
    occurredAt: IsoTime,
    createdAt: IsoTime,
  })
  .describe('What it is tied to is kept as it was when this was written.')
  .meta({ id: 'CostEvent' })
export type CostEvent = z.infer<typeof CostEvent>

/** The source of what runs say of themselves; nobody else reports under this name. */
export const runSource = 'run'

export const Spent = z
  .object({
    costMicros: Micros.describe('What is to be paid, in millionths of a US dollar.'),
    costCents: Cents,
    imputedMicros: Micros.describe('What was paid for before, by subscription or credits, and would have cost this much.'),
    inputTokens: Tokens,
    outputTokens: Tokens,
    cachedInputTokens: Tokens,
    events: z.number().int(),
    unpricedEvents: z.number().int().describe('Events whose price nobody knew; each counts as what was held for its call, or as nothing.'),
  })
  .meta({ id: 'Spent' })
export type Spent = z.infer<typeof Spent>
