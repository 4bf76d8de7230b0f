import { z } from 'zod'

export const labelEvents = {
  'label.created': z.object({ name: z.string(), color: z.string().nullable() }),
  'label.updated': z.object({ changed: z.array(z.string()) }),
  /** `tasks` is how many had it. */
  'label.deleted': z.object({ name: z.string(), tasks: z.number() }),
}
