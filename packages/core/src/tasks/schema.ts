import { z } from 'zod'

import { DayInput, Id, IsoTime, LongText, Tags, TimeInput, jsonObject } from '../kernel/schema.ts'
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

/** A task that a list is asked for by; what can be neither of both is refused. */
export const TaskFilter = z
  .union([Id, z.string().regex(/^[a-z][a-z0-9]*-\d+$/i)], 'must be an id, or the identifier of a task such as ACM-42')
  .describe('Task id, or identifier such as ACM-42. One that there is not finds nothing.')

export const Task = z
  .object({
    id: Id,
    companyId: Id,
    identifier: z.string(),
    title: z.string(),
    description: z.string().nullable(),
    status: TaskStatus,
    priority: TaskPriority,
    projectId: Id.nullable(),
    sprintId: Id.nullable(),
    goalId: Id.nullable(),
    parentId: Id.nullable(),
    assigneeAgentId: Id.nullable(),
    assigneeUserId: Id.nullable().describe('The person it is assigned to; a task has one assignee, an agent or a person.'),
    preferredAgentId: Id.nullable(),
    requiredCapabilities: z.array(z.string()),
    tags: z.array(z.string()),
    labels: z.array(z.object({ id: Id, name: z.string(), color: z.string().nullable() })),
    acceptanceCriteria: z.array(z.string()),
    context: jsonObject,
    maxAttempts: z.number().int(),
    dueDate: IsoTime.nullable(),
    overdueAt: IsoTime.nullable().describe('When it was noticed that the due date had passed.'),
    billingCode: z.string().nullable(),
    requestDepth: z
      .number()
      .int()
      .describe('How far down it was asked for: one more than its parent, and than the task of the run that asked for it.'),
    origin: TaskOrigin,
    createdBy: z.object({ kind: z.enum(['system', 'user', 'agent']), id: z.string() }),
    heldByTaskId: Id.nullable().describe('The task whose subtree is held, with this one in it: nothing in there starts.'),
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

const endOfDay = (date: string) => `${date}T23:59:59.999Z`

/** A moment, or a day, which ends at midnight UTC. */
const DueDate = z
  .union([DayInput.transform(endOfDay), TimeInput])
  .describe('A time, or a day such as 2026-03-31, which is due when it ends in UTC.')

/** Each by its id or by its name. */
export const Labels = z.array(z.string().trim().min(1).max(200)).max(20).describe('Ids or names of labels that the company has.')

/** How far down tasks may be asked for. */
export const deepestRequest = 8

export const TaskInput = {
  title: z.string().trim().min(1).max(500),
  description: LongText.nullable().optional(),
  priority: TaskPriority.optional(),
  projectId: Id.nullable().optional().describe("Left out, a new task is of its parent's project, or of its sprint's."),
  sprintId: Id.nullable().optional(),
  goalId: Id.nullable().optional(),
  parentId: TaskRef.nullable().optional(),
  preferredAgentId: Id.nullable().optional(),
  requiredCapabilities: Tags.optional(),
  tags: Tags.optional(),
  labels: Labels.optional(),
  dueDate: DueDate.nullable().optional(),
  billingCode: z.string().trim().min(1).max(64).nullable().optional(),
  acceptanceCriteria: z.array(z.string().min(1).max(2_000)).max(50).optional(),
  context: jsonObject.optional(),
  maxAttempts: z.number().int().min(1).max(20).optional(),
  blockedBy: z.array(TaskRef).max(50).optional().describe('Tasks that must end before this one can be checked out.'),
}

export const NewTask = z.strictObject({
  status: z.enum(['backlog', 'todo']).default('todo'),
  assigneeAgentId: Id.optional().describe('Left out, the task is routed by preferredAgentId and requiredCapabilities when it names any.'),
  assigneeUserId: Id.optional().describe('A member of the company; a task has one assignee.'),
  ...TaskInput,
})
export type NewTask = z.output<typeof NewTask>

export const UpdateFields = {
  version: z.number().int().optional(),
  status: TaskStatus.optional().describe('The moves that `update` may make; other moves have verbs of their own.'),
  ...z.object(TaskInput).partial().shape,
}

export const UpdateInput = z.strictObject({ taskId: TaskRef, ...UpdateFields })

/** What became of one of several: as one alone it would have been refused with this. */
const Refusal = { status: z.literal('refused'), error: z.object({ code: z.string(), message: z.string() }) }

export const CreateInput = NewTask.extend({ companyId: Id })

export const CreateManyInput = z.strictObject({ companyId: Id, tasks: z.array(NewTask).min(1).max(100) })

export const CreatedMany = z.object({
  items: z.array(z.discriminatedUnion('status', [z.object({ status: z.literal('created'), task: Task }), z.object(Refusal)])),
})

export const UpdatedMany = z.object({
  items: z.array(
    z.discriminatedUnion('status', [
      z.object({ status: z.literal('updated'), task: Task }),
      z.object({ ...Refusal, taskId: TaskRef.describe('As it was named in the call.') }),
    ]),
  ),
})

export const DeletedTask = z.object({ id: Id, identifier: z.string(), deletedAt: IsoTime }).meta({ id: 'DeletedTask' })

export const DeletedMany = z.object({
  items: z.array(
    z.discriminatedUnion('status', [
      z.object({ status: z.literal('deleted'), task: DeletedTask }),
      z.object({ ...Refusal, taskId: TaskRef.describe('As it was named in the call.') }),
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

/** All of them, the most urgent first. */
export const priorityRanks: readonly number[] = priorities.map(priorityRank)

export function priorityName(rank: number): TaskPriority {
  return priorities[rank] ?? 'medium'
}
