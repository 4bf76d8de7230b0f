import { z } from 'zod'

import { Id, IsoTime, LongText, Tags, jsonObject } from '../kernel/schema.ts'
import { Run } from '../runs/schema.ts'

export const TaskStatus = z.enum(['backlog', 'todo', 'in_progress', 'in_review', 'blocked', 'done', 'cancelled'])
export type TaskStatus = z.infer<typeof TaskStatus>

/** How a task came to be. */
export const TaskOrigin = z.enum(['manual', 'interaction', 'routine', 'import', 'webhook'])
export type TaskOrigin = z.infer<typeof TaskOrigin>

const priorities = ['critical', 'high', 'medium', 'low'] as const
export const TaskPriority = z.enum(priorities)
export type TaskPriority = z.infer<typeof TaskPriority>

/** A task's id or its identifier. */
export const TaskRef = z.string().min(1).max(64).describe('Task id, or identifier such as ACM-42.')

export const Task = z
  .object({
    id: Id,
    companyId: Id,
    identifier: z.string(),
    title: z.string(),
    description: z.string().nullable(),
    status: TaskStatus,
    priority: TaskPriority,
    goalId: Id.nullable(),
    parentId: Id.nullable(),
    assigneeAgentId: Id.nullable(),
    preferredAgentId: Id.nullable(),
    requiredCapabilities: z.array(z.string()),
    tags: z.array(z.string()),
    acceptanceCriteria: z.array(z.string()),
    context: jsonObject,
    maxAttempts: z.number().int(),
    blocked: z.object({ reason: z.string(), owner: z.string().nullable() }).nullable(),
    progress: z.object({ percent: z.number().int(), message: z.string().nullable() }),
    checkout: z.object({ runId: Id, agentId: Id, since: IsoTime, fence: z.number().int() }).nullable(),
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
    startedAt: IsoTime.nullable(),
    completedAt: IsoTime.nullable(),
    cancelledAt: IsoTime.nullable(),
  })
  .meta({ id: 'Task' })
export type Task = z.infer<typeof Task>

export const TaskInput = {
  title: z.string().trim().min(1).max(500),
  description: LongText.nullable().optional(),
  priority: TaskPriority.optional(),
  goalId: Id.nullable().optional(),
  parentId: TaskRef.nullable().optional(),
  preferredAgentId: Id.nullable().optional(),
  requiredCapabilities: Tags.optional(),
  tags: Tags.optional(),
  acceptanceCriteria: z.array(z.string().min(1).max(2_000)).max(50).optional(),
  context: jsonObject.optional(),
  maxAttempts: z.number().int().min(1).max(20).optional(),
  blockedBy: z.array(TaskRef).max(50).optional().describe('Tasks that must end before this one can be checked out.'),
}

export const NewTask = z.strictObject({
  status: z.enum(['backlog', 'todo']).default('todo'),
  assigneeAgentId: Id.optional().describe('Left out, the task is routed by preferredAgentId and requiredCapabilities when it names any.'),
  ...TaskInput,
})

export const CreateInput = NewTask.extend({ companyId: Id })

export const CreateManyInput = z.strictObject({ companyId: Id, tasks: z.array(NewTask).min(1).max(100) })

export const CreatedMany = z.object({
  items: z.array(
    z.discriminatedUnion('status', [
      z.object({ status: z.literal('created'), task: Task }),
      z.object({ status: z.literal('refused'), error: z.object({ code: z.string(), message: z.string() }) }),
    ]),
  ),
})

export const Checkout = z
  .object({
    task: Task,
    run: Run,
    credential: z
      .string()
      .nullable()
      .describe(
        "The new run's credential, shown only here; it acts for the task until the lease ends. Null when a run asks for what it has.",
      ),
  })
  .meta({ id: 'Checkout' })

export const CheckoutInput = z.strictObject({
  taskId: TaskRef,
  agentId: Id.optional().describe('Who works; left out, the calling agent or the assignee.'),
  expectedStatuses: z.array(TaskStatus).min(1).optional(),
})

export function priorityRank(priority: TaskPriority): number {
  return priorities.indexOf(priority)
}

export function priorityName(rank: number): TaskPriority {
  return priorities[rank] ?? 'medium'
}
