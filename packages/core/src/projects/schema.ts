import { z } from 'zod'

export const ProjectStatus = z.enum(['backlog', 'planned', 'in_progress', 'completed', 'cancelled'])
export type ProjectStatus = z.infer<typeof ProjectStatus>
