import { z } from 'zod'

export const ApprovalStatus = z.enum(['pending', 'approved', 'rejected', 'cancelled', 'revision_requested'])
export type ApprovalStatus = z.infer<typeof ApprovalStatus>
export const ApprovalType = z.enum(['hire_agent', 'strategy', 'budget_override', 'plugin_install', 'custom'])
export type ApprovalType = z.infer<typeof ApprovalType>
