import { z } from 'zod'

const about = { name: z.string(), destinationType: z.string() }

export const routeEvents = {
  'route.created': z.object({ ...about, events: z.array(z.string()), projectId: z.string().nullable(), agentId: z.string().nullable() }),
  'route.updated': z.object({ changed: z.array(z.string()) }),
  'route.enabled': z.object(about),
  /** What waits there is held until it is enabled again. */
  'route.disabled': z.object(about),
  'route.deleted': z.object({ ...about, cancelled: z.number() }),
  'route.tested': z.object({ destinationType: z.string(), ok: z.boolean(), failed: z.array(z.string()), secrets: z.array(z.string()) }),
}
