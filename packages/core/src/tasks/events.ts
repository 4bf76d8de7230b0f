import { z } from 'zod'

import { RoutingStep } from '../routing/schema.ts'
import { WakeReason } from '../runs/schema.ts'
import { TaskStatus } from './schema.ts'

export const taskEvents = {
  'task.created': z.object({ identifier: z.string(), title: z.string(), status: TaskStatus, blockedBy: z.array(z.string()) }),
  'task.updated': z.object({ changed: z.array(z.string()) }),
  'task.assigned': z.object({
    agentId: z.string().nullable(),
    /** The person it is assigned to, when it is one. */
    userId: z.string().optional(),
    reason: z.string(),
    /** Which step of routing chose, and the rule if it was one. */
    step: RoutingStep.optional(),
    ruleId: z.string().optional(),
  }),
  'task.routing_failed': z.object({ reason: z.string() }),
  'task.claimed': z.object({ runId: z.string(), agentId: z.string(), fence: z.number(), from: TaskStatus }),
  'task.released': z.object({ runId: z.string().nullable(), reason: z.string() }),
  'task.status_changed': z.object({ from: TaskStatus, to: TaskStatus, verb: z.string(), reason: z.string().nullable() }),
  'task.progress_updated': z.object({ percent: z.number(), message: z.string().nullable(), details: z.unknown().optional() }),
  'task.completed': z.object({ runId: z.string().nullable() }),
  'task.blocked': z.object({ reason: z.string(), owner: z.string().nullable() }),
  'task.force_released': z.object({
    runId: z.string(),
    agentId: z.string(),
    reason: z.string(),
    isAssigneeCleared: z.boolean(),
  }),
  'task.held': z.object({ heldByTaskId: z.string(), reason: z.string().nullable() }),
  'task.resumed': z.object({ heldByTaskId: z.string(), reason: z.string().nullable() }),
  /** An agent was started for it again and again without bringing it further; it is blocked instead of being started once more. */
  'task.runaway_detected': z.object({ agentId: z.string(), reason: WakeReason, runs: z.number(), since: z.string() }),
  'task.overdue': z.object({ dueDate: z.string() }),
  'task.deleted': z.object({ identifier: z.string(), status: TaskStatus }),
  'task.execution_failed': z.object({ runId: z.string(), class: z.string(), message: z.string(), willRetry: z.boolean() }),
}
