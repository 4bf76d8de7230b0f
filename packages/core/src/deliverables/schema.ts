import { z } from 'zod'

import { Id, IsoTime, jsonObject } from '../kernel/schema.ts'

export const DeliverableStatus = z.enum(['pending', 'approved', 'revision_requested', 'revised', 'rejected', 'superseded'])
export type DeliverableStatus = z.infer<typeof DeliverableStatus>
export const ReviewDecision = z.enum(['approved', 'revision_requested', 'rejected'])
export type ReviewDecision = z.infer<typeof ReviewDecision>

export const Review = z
  .object({
    decision: ReviewDecision,
    feedback: z.string().nullable(),
    reviewer: z.object({ kind: z.enum(['system', 'user', 'agent']), id: z.string() }),
    createdAt: IsoTime,
  })
  .meta({ id: 'Review' })

export const DeliverableFile = z
  .object({
    attachmentId: Id,
    name: z.string(),
    contentType: z.string(),
    byteSize: z.number().int(),
    sha256: z.string(),
  })
  .meta({ id: 'DeliverableFile' })
export type DeliverableFile = z.infer<typeof DeliverableFile>

const Amount = z.number().int().min(0).optional()
const DeliverableUsage = z.strictObject({ inputTokens: Amount, outputTokens: Amount, cachedInputTokens: Amount, costMicros: Amount })

/** What a version may say beside its text. */
export const deliverableParts = {
  fileIds: z
    .array(Id)
    .max(50)
    .optional()
    .describe('Attachments of the task, in their order. The version keeps them as they are, also when they are deleted there.'),
  actions: z.array(jsonObject).max(50).optional().describe('What was done or is proposed, in whatever form; shown to the reviewer.'),
  usage: DeliverableUsage.optional().describe('What it took, as its author says; costs are counted by runs.'),
  provider: z.string().trim().min(1).max(100).optional(),
  model: z.string().trim().min(1).max(200).optional(),
}

export const Deliverable = z
  .object({
    id: Id,
    companyId: Id,
    taskId: Id,
    runId: Id.nullable(),
    agentId: Id.nullable(),
    number: z.number().int().describe('1, 2, 3 … within the task.'),
    parentId: Id.nullable().describe('The version before.'),
    title: z.string(),
    summary: z.string().nullable(),
    content: z.string(),
    contentType: z.string(),
    files: z.array(DeliverableFile),
    actions: z.array(jsonObject),
    usage: DeliverableUsage.nullable(),
    provider: z.string().nullable(),
    model: z.string().nullable(),
    status: DeliverableStatus,
    review: Review.nullable(),
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'Deliverable' })
export type Deliverable = z.infer<typeof Deliverable>

export const DeliverableComparison = z
  .object({
    deliverableId: Id,
    number: z.number().int(),
    againstId: Id,
    against: z.number().int(),
    added: z.number().int().describe('Lines.'),
    removed: z.number().int(),
    patch: z.string().nullable().describe('A unified diff; null when the two have too little in common to be compared.'),
    files: z
      .array(z.object({ name: z.string(), change: z.enum(['added', 'removed', 'changed']) }))
      .describe('Those that are not the same, byte by byte, under the same name.'),
  })
  .meta({ id: 'DeliverableComparison' })
export type DeliverableComparison = z.infer<typeof DeliverableComparison>
