import { z } from 'zod'

import { ProjectStatus } from './schema.ts'

export const projectEvents = {
  'project.created': z.object({ name: z.string(), status: ProjectStatus }),
  /** `reason` is there when it followed from something else, such as `agent_terminated`. */
  'project.updated': z.object({ changed: z.array(z.string()), reason: z.string().optional() }),
  'project.status_changed': z.object({ from: ProjectStatus, to: ProjectStatus }),
  /** What agents should know of it; `removed` also when an entry is of another project now. */
  'project.knowledge_updated': z.object({
    change: z.enum(['added', 'updated', 'removed']),
    knowledgeEntryId: z.string(),
    title: z.string(),
  }),
}
