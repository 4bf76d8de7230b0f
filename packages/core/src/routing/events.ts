import { z } from 'zod'

export const routingEvents = {
  'routing_rule.created': z.object({ name: z.string(), projectId: z.string().nullable() }),
  'routing_rule.updated': z.object({ changed: z.array(z.string()) }),
  'routing_rule.deleted': z.object({ name: z.string(), projectId: z.string().nullable() }),
}
