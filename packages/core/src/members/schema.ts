import { z } from 'zod'

export const MemberStatus = z.enum(['active', 'disabled', 'removed'])
export type MemberStatus = z.infer<typeof MemberStatus>
