import { z } from 'zod'

import { InteractionKind, InteractionStatus } from './schema.ts'

const about = { kind: InteractionKind, taskId: z.string(), runId: z.string().nullable() }

// What is asked and answered never stands in an event: it is read by its id.
export const interactionEvents = {
  'interaction.asked': z.object({ ...about, answerer: z.string(), waits: z.boolean(), expiresAt: z.string().nullable() }),
  'interaction.answered': z.object({
    ...about,
    status: InteractionStatus.extract(['answered', 'accepted', 'rejected']),
    /** The person who was asked, when an admin answered in their place. */
    inPlaceOf: z.string().nullable(),
  }),
  'interaction.cancelled': z.object({ ...about, reason: z.string() }),
  'interaction.expired': z.object({ ...about, expiresAt: z.string() }),
}
