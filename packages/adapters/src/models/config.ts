import { z } from 'zod'

/** What every adapter that calls models by itself can be told; the rest is its provider's. */
export const modelFields = {
  apiKey: z
    .string()
    .min(1)
    .regex(/^[\x20-\x7e]+$/, 'must be printable ASCII')
    .optional()
    .describe('The key of the provider, as a reference { "secret": "NAME" }.'),
  model: z.string().trim().min(1).max(200).describe('The id of the model as the provider names it.'),
  tools: z.boolean().default(true).describe('False for a model that knows no tools: what it writes is its result.'),
  onText: z
    .enum(['deliverable', 'done'])
    .default('deliverable')
    .describe(
      'What becomes of the last text of a model that stops without saying how its work ended: submitted for review, or just the summary.',
    ),
  maxTurns: z.number().int().min(1).max(1_000).default(25).describe('How often the model is called in a run.'),
  maxOutputTokens: z.number().int().min(1).max(1_000_000).default(8_192).describe('What the model may write in one call.'),
  maxTokens: z.number().int().min(1).optional().describe('Input and output of all calls of a run together. No call begins above it.'),
  timeoutSec: z.number().min(1).max(86_400).default(600).describe('How long a run may take.'),
}

/** Private addresses are allowed as far as the host says (`allow` of the adapter): models of one's own are served there. */
export const BaseUrl = z
  .url({ protocol: /^https?$/ })
  .max(2_000)
  .refine((text) => !hasCredentials(text), 'must not hold a user or a password: the key belongs in apiKey')

export type ModelLimits = z.infer<
  z.ZodObject<Pick<typeof modelFields, 'tools' | 'onText' | 'maxTurns' | 'maxOutputTokens' | 'maxTokens' | 'timeoutSec'>>
>

function hasCredentials(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { username, password } = new URL(text)
  return username !== '' || password !== ''
}
