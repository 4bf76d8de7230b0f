import { z } from 'zod'

export const documentEvents = {
  'document.revised': z.object({
    taskId: z.string(),
    key: z.string(),
    title: z.string(),
    revision: z.number(),
    note: z.string().nullable(),
  }),
  /** `revision` is the last one that it had. */
  'document.deleted': z.object({ taskId: z.string(), key: z.string(), title: z.string(), revision: z.number() }),
}
