import { z } from 'zod'

import { ReviewDecision } from './schema.ts'

const about = { taskId: z.string(), number: z.number(), title: z.string() }
const decided = z.object({ ...about, feedback: z.string().nullable() })

export const deliverableEvents = {
  'deliverable.submitted': z.object({ ...about, runId: z.string().nullable(), agentId: z.string().nullable() }),
  'deliverable.approved': decided,
  'deliverable.revision_requested': decided,
  'deliverable.rejected': decided,
  'deliverable.superseded': z.object(about),
  'review.completed': z.object({ taskId: z.string(), decision: ReviewDecision }),
}
