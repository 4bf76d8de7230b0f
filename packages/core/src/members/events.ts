import { z } from 'zod'

import { KeyLeft, MemberStatus, Role } from './schema.ts'

export const memberEvents = {
  'member.added': z.object({ userId: z.string(), agentId: z.string(), name: z.string(), role: Role, inviteId: z.string().nullable() }),
  'member.updated': z.object({ changed: z.array(z.string()), role: Role }),
  'member.sessions_revoked': z.object({ ended: z.number() }),
  'member.password_link_created': z.object({ expiresAt: z.string() }),
  /** `keysLeft`, of somebody who was removed, are the keys that they made for agents, which go on working. */
  'member.status_changed': z.object({
    from: MemberStatus,
    to: MemberStatus,
    keysLeft: z.array(KeyLeft).optional(),
    reason: z.literal('account_deleted').optional(),
  }),
}
