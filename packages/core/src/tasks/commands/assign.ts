import { z } from 'zod'

import { command, type CommandContext } from '../../kernel/command.ts'
import { ruleViolated } from '../../kernel/errors.ts'
import { Id } from '../../kernel/schema.ts'
import { assignByRouting, assignTask } from '../assign.ts'
import { showTask } from '../labels.ts'
import { refuseLive } from '../live.ts'
import { taskMachine } from '../machine.ts'
import { Task, TaskRef } from '../schema.ts'
import type { TaskTable } from '../table.ts'
import { requireTask } from '../transition.ts'

export const assign = command({
  title: 'Assign a task to an agent, to a person, or to nobody',
  description: 'A task has one assignee: the one that is named takes the place of any other. An agentId of null leaves it to nobody.',
  input: z.strictObject({ taskId: TaskRef, agentId: Id.nullable().optional(), userId: Id.optional() }),
  output: Task,
  access: { scope: 'tasks:plan', company: 'task' },
  http: ['POST', '/tasks/:taskId/assign'],
  async handle(context, { taskId, agentId, userId }) {
    if (agentId && userId !== undefined) throw ruleViolated('A task has one assignee: say agentId or userId, not both.')
    if (agentId === undefined && userId === undefined)
      throw ruleViolated('Say whose the task is to be: agentId, userId, or an agentId of null for nobody.')
    const task = await requireFree(context, taskId)
    const reason = `assigned by ${context.actor.kind} ${context.actor.id}`
    return showTask(
      context.tx,
      await assignTask(context, task, { agentId: agentId ?? null, ...(userId !== undefined && { userId }), reason }),
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
    return showTask(context.tx, await assignByRouting(context, await requireFree(context, input.taskId)))
  },
})

/** A task that can be given to somebody else. */
async function requireFree(context: CommandContext, reference: string): Promise<TaskTable> {
  const task = await requireTask(context, reference)
  if (taskMachine.isFinal(task.status)) throw ruleViolated(`${task.identifier} is ${task.status} and can not be assigned.`)
  if (task.status === 'in_progress')
    await refuseLive(context, task, 'Take it back by tasks.forceRelease before you assign it to somebody else, or wait until it is done.')
  return task
}
