import { command } from '../../kernel/command.ts'
import { createTask } from '../create.ts'
import { createBatch, createManyBatch } from '../create-batch.ts'
import { showTask } from '../labels.ts'
import { CreateInput, CreateManyInput, CreatedMany, Task } from '../schema.ts'
import { lockSurroundings } from '../surroundings.ts'
import { eachForItself } from './bulk.ts'

export const create = command({
  title: 'Create a task',
  description: 'An assigned or routed task that is ready wakes its agent at once.',
  input: CreateInput,
  output: Task,
  access: { scope: 'tasks:create', company: 'company' },
  http: ['POST', '/companies/:companyId/tasks'],
  creates: true,
  locks: 'rows',
  batch: createBatch,
  async handle(context, input) {
    await lockSurroundings(context, [input])
    return showTask(context.tx, await createTask(context, input))
  },
})

export const createMany = command({
  title: 'Create up to 100 tasks',
  description:
    'Each is created or refused for itself, in the order given, with the events of a single create; a refused one has no effect. A task may name tasks of the same company only if they exist already.',
  input: CreateManyInput,
  output: CreatedMany,
  access: { scope: 'tasks:create', company: 'company' },
  http: ['POST', '/companies/:companyId/tasks/bulk'],
  creates: true,
  locks: 'rows',
  batch: createManyBatch,
  async handle(context, input) {
    await lockSurroundings(context, input.tasks)
    const items = await eachForItself(context, input.tasks, async (wish) => ({
      status: 'created' as const,
      task: await showTask(context.tx, await createTask(context, wish)),
    }))
    return { items: items.map((item) => ('wish' in item ? { status: item.status, error: item.error } : item)) }
  },
})
