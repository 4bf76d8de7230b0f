import type { z } from 'zod'

import { command } from '../../kernel/command.ts'
import { EngineError } from '../../kernel/errors.ts'
import { createTask, lockSurroundings } from '../create.ts'
import { createBatch, createManyBatch } from '../create-batch.ts'
import { CreateInput, CreateManyInput, CreatedMany, Task } from '../schema.ts'
import { toTask } from '../table.ts'

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
    return toTask(await createTask(context, input))
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
    const items: z.output<typeof CreatedMany>['items'] = []
    for (const wish of input.tasks) {
      try {
        items.push({ status: 'created', task: toTask(await createTask(context, wish)) })
      } catch (error) {
        if (!EngineError.isInstance(error) || error.kind === 'internal' || error.code === 'changed_meanwhile') throw error
        items.push({ status: 'refused', error: { code: error.code, message: error.message } })
      }
    }
    if (items.every((item) => item.status === 'refused')) context.unchanged()
    return { items }
  },
})
