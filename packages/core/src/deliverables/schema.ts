import { z } from 'zod'

import { Id, IsoTime } from '../kernel/schema.ts'
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
    status: DeliverableStatus,
    review: Review.nullable(),
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'Deliverable' })
export type Deliverable = z.infer<typeof Deliverable>
