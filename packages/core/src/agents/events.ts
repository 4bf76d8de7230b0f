import { z } from 'zod'

import { AgentStatus } from './schema.ts'

export const agentEvents = {
  'agent.registered': z.object({
    name: z.string(),
    role: z.string(),
    adapterType: z.string(),
    status: AgentStatus,
    /** Whether somebody who may hired it past the approval that its company asks for. */
    bypassed: z.boolean(),
  }),
  /** `revision` is the configuration that this made, when it made one. */
  'agent.updated': z.object({ changed: z.array(z.string()), revision: z.number().optional() }),
  /** A configuration was tried; `secrets` are those whose values its adapter got for that. */
  'agent.tested': z.object({
    revision: z.number(),
    adapterType: z.string(),
    ok: z.boolean(),
    failed: z.array(z.string()),
    secrets: z.array(z.string()),
  }),
  'agent.status_changed': z.object({ from: AgentStatus, to: AgentStatus, reason: z.string().nullable() }),
}
