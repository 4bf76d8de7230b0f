import { z } from 'zod'

import { assertVersion, changedFields, fieldNames } from '../../kernel/change.ts'
import { command, type CommandContext } from '../../kernel/command.ts'
import { EngineError, kernelErrors, ruleViolated } from '../../kernel/errors.ts'
import { Id } from '../../kernel/schema.ts'
import { listQueuedRuns, updateRun } from '../../runs/sql.ts'
import { assignByRouting, assignTask } from '../assign.ts'
import { requireTasks, setBlockers } from '../blockers.ts'
import { taskMachine } from '../machine.ts'
import { Task, TaskInput, TaskRef, TaskStatus, priorityRank } from '../schema.ts'
import { toTask, type TaskTable } from '../table.ts'
import { changeTask, moveTask, requireTask, taskRef, wakeAssignee } from '../transition.ts'

const UpdateInput = z.strictObject({
  taskId: TaskRef,
  version: z.number().int().optional(),
  status: TaskStatus.optional().describe('The moves that `update` may make; other moves have verbs of their own.'),
  ...z.object(TaskInput).partial().shape,
})
type UpdateInput = z.output<typeof UpdateInput>

export const update = command({
  title: 'Change a task',
  input: UpdateInput,
  output: Task,
  access: { scope: 'tasks:plan', company: 'task' },
  http: ['PATCH', '/tasks/:taskId'],
  async handle(context, input) {
    const task = await requireTask(context, input.taskId)
    assertVersion('task', task, input.version)
    if (taskMachine.isFinal(task.status)) throw ruleViolated(`${task.identifier} is ${task.status} and can not be changed.`)
    const changes = await columnsOf(context, task, input)
    let next = task
    if (input.blockedBy) await setBlockers(context, task, await requireTasks(context, input.blockedBy))
    const changed = [...fieldNames(changes), ...(input.blockedBy ? ['blockedBy'] : [])]
    if (changed.length > 0) {
      next = await changeTask(context, task, changes)
      context.emit('task.updated', taskRef(next), { changed })
    }
    if (input.status && input.status !== task.status) next = await moveTask(context, next, { to: input.status, verb: 'update' })
    else if (changed.length === 0) throw new EngineError(kernelErrors.invalid_input, 'This change names no field that would change.')
    if (changes.priority !== undefined) await rankQueuedRuns(context, next)
    // Other edits leave a task that waits for its next attempt waiting.
    if (next.status !== task.status || input.blockedBy) await wakeAssignee(context, next, 'assignment')
    return toTask(next)
  },
})

async function columnsOf(context: CommandContext, task: TaskTable, input: UpdateInput): Promise<Partial<TaskTable>> {
  const parentId = input.parentId ? (await requireTask(context, input.parentId)).id : input.parentId
  if (parentId) await refuseAncestry(context, task, parentId)
  const named = {
    title: input.title,
    description: input.description,
    priority: input.priority && priorityRank(input.priority),
    goal_id: input.goalId,
    parent_id: parentId,
    preferred_agent_id: input.preferredAgentId,
    required_capabilities: input.requiredCapabilities && JSON.stringify(input.requiredCapabilities),
    tags: input.tags && JSON.stringify(input.tags),
    acceptance_criteria: input.acceptanceCriteria && JSON.stringify(input.acceptanceCriteria),
    context: input.context && JSON.stringify(input.context),
    max_attempts: input.maxAttempts,
  }
  return Object.values(named).every((value) => value === undefined) ? {} : changedFields(named)
}

/** A task can not be below itself. */
async function refuseAncestry(context: CommandContext, task: TaskTable, parentId: string): Promise<void> {
  const seen = new Set<string>()
  for (let next: string | null = parentId; next !== null && !seen.has(next);) {
    if (next === task.id) throw ruleViolated(`${task.identifier} can not be below itself.`, { taskId: task.id, parentId })
    seen.add(next)
    next = (await requireTask(context, next)).parent_id
  }
}

/** What is queued already follows the task's new priority. */
async function rankQueuedRuns(context: CommandContext, task: TaskTable): Promise<void> {
  for (const run of await listQueuedRuns(context.tx, { companyId: context.companyId, taskId: task.id })) {
    await updateRun(context.tx, run, { priority: task.priority, updated_at: context.now })
  }
}

export const assign = command({
  title: 'Assign a task to an agent, or to nobody',
  input: z.strictObject({ taskId: TaskRef, agentId: Id.nullable() }),
  output: Task,
  access: { scope: 'tasks:plan', company: 'task' },
  http: ['POST', '/tasks/:taskId/assign'],
  async handle(context, input) {
    const task = await requireAssignable(context, input.taskId)
    return toTask(
      await assignTask(context, task, { agentId: input.agentId, reason: `assigned by ${context.actor.kind} ${context.actor.id}` }),
    )
  },
})

export const route = command({
  title: 'Route a task to the agent that fits it best',
  input: z.strictObject({ taskId: TaskRef }),
  output: Task,
  access: { scope: 'tasks:plan', company: 'task' },
  http: ['POST', '/tasks/:taskId/route'],
  async handle(context, input) {
    return toTask(await assignByRouting(context, await requireAssignable(context, input.taskId)))
  },
})

async function requireAssignable(context: CommandContext, reference: string): Promise<TaskTable> {
  const task = await requireTask(context, reference)
  if (taskMachine.isFinal(task.status)) throw ruleViolated(`${task.identifier} is ${task.status} and can not be assigned.`)
  if (task.status === 'in_progress')
    throw ruleViolated(`${task.identifier} is being worked on; release it before you assign it to somebody else.`)
  return task
}
