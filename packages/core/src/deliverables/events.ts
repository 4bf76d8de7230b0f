import { z } from 'zod'

import { ReviewDecision } from './schema.ts'

/** `agentId` is who made the version, whoever has its task by now. */
const work = { taskId: z.string(), agentId: z.string().nullable() }
const about = { ...work, number: z.number(), title: z.string() }
const decided = z.object({ ...about, feedback: z.string().nullable() })

export const deliverableEvents = {
  'deliverable.submitted': z.object({ ...about, runId: z.string().nullable() }),
  'deliverable.approved': decided,
  'deliverable.revision_requested': decided,
  'deliverable.rejected': decided,
  'deliverable.superseded': z.object(about),
  'review.completed': z.object({ ...work, decision: ReviewDecision }),
}
