import { z } from 'zod'

import { Id, TimeInput } from '../kernel/schema.ts'
import { TaskRef } from '../tasks/schema.ts'
import { BillingType, CostEvent, runSource } from './schema.ts'

export const ReportedCost = CostEvent.extend({
  isRepeat: z.boolean().describe('Whether this event of its source had been reported before; then nothing was done.'),
}).meta({ id: 'ReportedCost' })

/** What one report may say at most: a million dollars, and as many tokens as nobody uses. */
export const mostReported = 1_000_000_000_000
const Amount = z.number().int().min(0).max(mostReported)
/** Printable ASCII without spaces. */
const Word = (longest: number) =>
  z
    .string()
    .max(longest)
    .regex(/^[\x21-\x7e]+$/, 'letters, digits and signs without spaces')

const links = {
  runId: Id.optional(),
  taskId: TaskRef.optional(),
  projectId: Id.optional().describe("The task's when left out."),
  goalId: Id.optional().describe('What the task serves when left out.'),
  agentId: Id.optional().describe("The run's, or the task's, when left out."),
}

export const CostReport = z.strictObject({
  source: Word(64)
    .default('api')
    .refine((source) => source !== runSource, `"${runSource}" is what Engine calls the usage of runs; choose another name`)
    .describe('Who tells of it, such as `openai-invoices`.'),
  sourceEventId: z.string().min(1).max(200).describe('What its source calls it. The same one again changes nothing.'),
  ...links,
  adapter: Word(64).optional(),
  provider: Word(64).describe('Who is paid, such as `anthropic`.'),
  model: Word(128).optional(),
  inputTokens: Amount.default(0),
  outputTokens: Amount.default(0),
  cachedInputTokens: Amount.default(0),
  costMicros: Amount.optional().describe('Millionths of a US dollar; worked out from the tokens by the price of the model when left out.'),
  costCents: z
    .number()
    .min(0)
    .max(mostReported / 10_000)
    .optional()
    .describe('The same in cents; one of both.'),
  billingType: BillingType.default('unknown'),
  occurredAt: TimeInput.optional().describe('Now when left out; not in the future.'),
})
export type CostReport = z.output<typeof CostReport>

const Refusal = z.object({ code: z.string(), message: z.string() })

export const ReportedMany = z.object({
  items: z.array(
    z.discriminatedUnion('status', [
      z.object({ status: z.literal('recorded'), cost: CostEvent }),
      z.object({ status: z.literal('repeated'), cost: CostEvent }).describe('It had been reported before.'),
      z.object({ status: z.literal('refused'), sourceEventId: z.string(), error: Refusal }),
    ]),
  ),
})
