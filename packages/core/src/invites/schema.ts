import { z } from 'zod'

export const InviteStatus = z.enum(['pending', 'accepted', 'revoked'])
export type InviteStatus = z.infer<typeof InviteStatus>
