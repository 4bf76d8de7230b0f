import { z } from 'zod'

import { Id, LongText, Tags } from '../kernel/schema.ts'

const Key = z.string().trim().min(1).max(100)
const Label = z.string().trim().min(1).max(500)
const Prompt = z.string().trim().min(1).max(10_000)
const Choice = z.strictObject({ key: Key, label: Label })

/** What an answer can name must be told apart. */
function distinct<Item extends { key: string }>(items: readonly Item[]): boolean {
  return new Set(items.map(({ key }) => key)).size === items.length
}
const twice = 'two of them have the same key'
const Items = z.array(Choice).min(1).max(200).refine(distinct, twice)

const Question = z
  .strictObject({
    kind: z.literal('question'),
    prompt: Prompt,
    choices: z.array(Choice).max(20).refine(distinct, twice).optional(),
    allowsText: z.boolean().optional().describe('Whether it can be answered in words; true when left out.'),
  })
  .refine(({ choices = [], allowsText = true }) => allowsText || choices.length > 0, 'without choices, it must allow text')

const Confirmation = z.strictObject({ kind: z.literal('confirmation'), prompt: Prompt, details: LongText.optional() })

const SuggestedTask = z.strictObject({
  key: Key,
  title: z.string().trim().min(1).max(500),
  description: LongText.optional(),
  priority: z.enum(['critical', 'high', 'medium', 'low']).optional(),
  assigneeAgentId: Id.optional(),
  requiredCapabilities: Tags.optional(),
  tags: Tags.optional(),
  acceptanceCriteria: z.array(z.string().min(1).max(2_000)).max(50).optional(),
})

const SuggestedTasks = z.strictObject({
  kind: z.literal('suggested_tasks'),
  prompt: Prompt,
  tasks: z.array(SuggestedTask).min(1).max(50).refine(distinct, twice),
})

const Checkboxes = z
  .strictObject({
    kind: z.literal('checkboxes'),
    prompt: Prompt,
    items: Items,
    min: z.number().int().min(0).max(200).optional().describe('How many are to be checked at least; none when left out.'),
    max: z.number().int().min(1).max(200).optional().describe('How many at most; all when left out.'),
  })
  .refine(({ items, min = 0, max = items.length }) => min <= max && min <= items.length, 'min is more than can be checked')

const Verdicts = z.strictObject({ kind: z.literal('verdicts'), prompt: Prompt, items: Items })

const mostBytes = 65_536

/** What a person is asked. Keys are the asker's own words for what an answer can name. */
export const Ask = z
  .discriminatedUnion('kind', [Question, Confirmation, SuggestedTasks, Checkboxes, Verdicts])
  .refine((ask) => Buffer.byteLength(JSON.stringify(ask)) <= mostBytes, 'larger than 64 KiB')
  .meta({ id: 'Ask' })
export type Ask = z.infer<typeof Ask>

/** Everything that whoever asks says, besides what it is about. */
export const askFields = {
  ask: Ask,
  answerer: z
    .union([z.enum(['anyone', 'operator', 'admin']), Id])
    .optional()
    .describe(
      'Who may answer: anyone who reviews (when left out), operators, admins, or one person by their user id, in whose place admins may.',
    ),
  expiresAt: z.iso.datetime({ offset: true }).optional().describe('When it is too late to answer, 60 seconds to 30 days from now.'),
  expiresInSec: z.number().int().min(60).max(2_592_000).optional().describe('The same, as seconds from now.'),
}

/** What an adapter asks when its run is to wait for the answer. */
export const AskRequest = z.strictObject(askFields).meta({ id: 'AskRequest' })
export type AskRequest = z.infer<typeof AskRequest>
