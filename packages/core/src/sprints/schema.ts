import { z } from 'zod'

export const SprintStatus = z.enum(['planning', 'active', 'completed', 'cancelled'])
export type SprintStatus = z.infer<typeof SprintStatus>
