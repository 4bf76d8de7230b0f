import { z } from 'zod'

import { Role } from '../members/schema.ts'

export const inviteEvents = {
  'invite.created': z.object({ role: Role, expiresAt: z.string() }),
  'invite.accepted': z.object({ role: Role, memberId: z.string() }),
  'invite.revoked': z.object({ role: Role, reason: z.string() }),
}
