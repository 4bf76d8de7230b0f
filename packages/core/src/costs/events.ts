import { z } from 'zod'

export const costEvents = {
  'cost.recorded': z.object({ runId: z.string().nullable(), agentId: z.string().nullable(), costMicros: z.number() }),
}
