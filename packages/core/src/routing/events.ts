import { z } from 'zod'

const about = { projectId: z.string().nullable() }

export const routingEvents = {
  'routing_rule.created': z.object({ ...about, name: z.string() }),
  'routing_rule.updated': z.object({ ...about, changed: z.array(z.string()) }),
  'routing_rule.deleted': z.object({ ...about, name: z.string() }),
}
