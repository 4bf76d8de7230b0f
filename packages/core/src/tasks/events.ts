import { z } from 'zod'

import { TaskStatus } from './schema.ts'

export const taskEvents = {
  'task.created': z.object({ identifier: z.string(), title: z.string(), status: TaskStatus, blockedBy: z.array(z.string()) }),
  'task.updated': z.object({ changed: z.array(z.string()) }),
  'task.assigned': z.object({ agentId: z.string().nullable(), reason: z.string() }),
  'task.routing_failed': z.object({ reason: z.string() }),
  'task.claimed': z.object({ runId: z.string(), agentId: z.string(), fence: z.number(), from: TaskStatus }),
  'task.released': z.object({ runId: z.string().nullable(), reason: z.string() }),
  'task.status_changed': z.object({ from: TaskStatus, to: TaskStatus, verb: z.string(), reason: z.string().nullable() }),
  'task.progress_updated': z.object({ percent: z.number(), message: z.string().nullable(), details: z.unknown().optional() }),
  'task.completed': z.object({ runId: z.string().nullable() }),
  'task.blocked': z.object({ reason: z.string(), owner: z.string().nullable() }),
  'task.execution_failed': z.object({ runId: z.string(), class: z.string(), message: z.string(), willRetry: z.boolean() }),
}
