import { z } from 'zod'

import { AgentStatus } from './schema.ts'

export const agentEvents = {
  'agent.registered': z.object({ name: z.string(), role: z.string(), adapterType: z.string() }),
  'agent.updated': z.object({ changed: z.array(z.string()) }),
  'agent.status_changed': z.object({ from: AgentStatus, to: AgentStatus, reason: z.string().nullable() }),
}
