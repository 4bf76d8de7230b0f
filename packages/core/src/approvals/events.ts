import { z } from 'zod'

import { ApprovalType } from './schema.ts'

const about = {
  approvalType: ApprovalType,
  subject: z.string(),
  taskId: z.string().nullable(),
  agentId: z.string().nullable(),
  payloadHash: z.string(),
}

// A payload never stands in an event: who may see all of it is decided when it is read.
export const approvalEvents = {
  'approval.requested': z.object({ ...about, reason: z.string().nullable() }),
  'approval.decided': z.object({ ...about, decision: z.enum(['approved', 'rejected']), note: z.string().nullable() }),
  'approval.revision_requested': z.object({ ...about, note: z.string() }),
  'approval.resubmitted': z.object(about),
  'approval.cancelled': z.object({ ...about, note: z.string().nullable() }),
}
