import { z } from 'zod'

export const knowledgeEvents = {
  /** `changed` names the fields of an update. The text itself is in the entry only. */
  'knowledge.updated': z.object({
    change: z.enum(['created', 'updated', 'deleted']),
    title: z.string(),
    projectId: z.string().nullable(),
    changed: z.array(z.string()),
  }),
}
