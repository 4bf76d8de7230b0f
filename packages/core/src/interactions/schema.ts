import { z } from 'zod'

import { Id, IsoTime } from '../kernel/schema.ts'
import { Ask } from '../ports/ask-contract.ts'

export const InteractionStatus = z.enum(['pending', 'answered', 'accepted', 'rejected', 'cancelled', 'expired'])
export type InteractionStatus = z.infer<typeof InteractionStatus>
export const InteractionKind = z.enum(['question', 'confirmation', 'suggested_tasks', 'checkboxes', 'verdicts'])
export type InteractionKind = z.infer<typeof InteractionKind>

const Key = z.string().min(1).max(100)
const Note = z.string().trim().min(1).max(10_000)

/** What a person gives for an answer; which of it fits is said by what was asked. */
export const answerFields = {
  choice: Key.optional().describe('Of a question: the key of a choice.'),
  text: Note.optional().describe('Of a question: the answer in words.'),
  checked: z.array(Key).max(200).optional().describe('Of checkboxes: the keys of those that are checked.'),
  verdicts: z
    .array(z.strictObject({ key: Key, verdict: z.enum(['approve', 'reject']), note: Note.optional() }))
    .max(200)
    .optional()
    .describe('Of verdicts: one for each item.'),
}
const GivenAnswer = z.object(answerFields)
export type GivenAnswer = z.output<typeof GivenAnswer>

export const InteractionAnswer = z
  .object({
    ...answerFields,
    tasks: z
      .array(z.object({ key: Key, taskId: Id }))
      .optional()
      .describe('Of suggested tasks that were accepted: what was created.'),
    reason: z.string().optional().describe('Why it was rejected or cancelled.'),
  })
  .meta({ id: 'InteractionAnswer' })
export type InteractionAnswer = z.infer<typeof InteractionAnswer>

export const Reason = Note
export const Keys = z.array(Key).min(1).max(50)

export const Interaction = z
  .object({
    id: Id,
    companyId: Id,
    taskId: Id,
    kind: InteractionKind,
    ask: Ask,
    status: InteractionStatus,
    answerer: z.string().describe('anyone, operator, admin, or the id of the one person who is asked.'),
    waits: z.boolean().describe('Whether the run that asked waits for the answer.'),
    askedBy: z.object({ kind: z.enum(['system', 'user', 'agent']), id: z.string(), runId: Id.nullable() }),
    answer: InteractionAnswer.nullable(),
    answeredBy: z
      .object({ kind: z.enum(['system', 'user', 'agent']), id: z.string() })
      .nullable()
      .describe('Who answered, accepted, rejected or cancelled it; null while it is pending, and when it expired.'),
    answeredInPlaceOf: Id.nullable().describe('The person who was asked, when an admin answered in their place.'),
    answeredAt: IsoTime.nullable(),
    expiresAt: IsoTime.nullable(),
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'Interaction' })
export type Interaction = z.infer<typeof Interaction>
