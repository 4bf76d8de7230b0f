import { z } from 'zod'

const about = {
  kind: z.enum(['user', 'agent']),
  memberId: z.string().nullable(),
  agentId: z.string().nullable(),
  name: z.string(),
  prefix: z.string(),
}

export const keyEvents = {
  'key.created': z.object({ ...about, scopes: z.array(z.string()).nullable(), expiresAt: z.string().nullable() }),
  'key.revoked': z.object({ ...about, reason: z.string() }),
}
