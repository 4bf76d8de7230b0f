import { z } from 'zod'

import { command, type CommandContext } from '../../kernel/command.ts'
import { EngineError } from '../../kernel/errors.ts'
import { Id } from '../../kernel/schema.ts'
import { deleteOne } from '../delete.ts'
import { showTask } from '../labels.ts'
import { DeletedMany, TaskRef, UpdateFields, UpdatedMany } from '../schema.ts'
import { updateOne } from '../update.ts'

const access = { scope: 'tasks:plan', company: 'company' } as const

interface Refused {
  readonly status: 'refused'
  readonly error: { readonly code: string; readonly message: string }
}

/**
 * Does something with each of several, in the order given. What refuses one must do so before it writes anything: then a refused
 * one has no effect, and the others go on.
 */
export async function eachForItself<Wish, Done extends { status: string }>(
  context: CommandContext,
  wishes: readonly Wish[],
  act: (wish: Wish) => Promise<Done>,
): Promise<(Done | (Refused & { wish: Wish }))[]> {
  const items: (Done | (Refused & { wish: Wish }))[] = []
  for (const wish of wishes) {
    try {
      items.push(await act(wish))
    } catch (error) {
      if (!EngineError.isInstance(error) || error.kind === 'internal' || error.code === 'changed_meanwhile') throw error
      items.push({ status: 'refused', error: { code: error.code, message: error.message }, wish })
    }
  }
  if (items.every((item) => item.status === 'refused')) context.unchanged()
  return items
}

const honest = 'Each for itself, in the order given, with the events of a single call; a refused one has no effect and says why.'

export const updateMany = command({
  title: 'Change up to 100 tasks',
  description: honest,
  input: z.strictObject({
    companyId: Id,
    tasks: z
      .array(z.strictObject({ taskId: TaskRef, ...UpdateFields }))
      .min(1)
      .max(100),
  }),
  output: UpdatedMany,
  access,
  http: ['PATCH', '/companies/:companyId/tasks/bulk'],
  async handle(context, input) {
    const items = await eachForItself(context, input.tasks, async ({ taskId, ...change }) => ({
      status: 'updated' as const,
      task: await showTask(context.tx, await updateOne(context, taskId, change)),
    }))
    return { items: items.map((item) => ('wish' in item ? { status: item.status, error: item.error, taskId: item.wish.taskId } : item)) }
  },
})

export const deleteMany = command({
  title: 'Delete up to 100 tasks',
  description: `${honest} Name tasks before those that they are below.`,
  input: z.strictObject({ companyId: Id, taskIds: z.array(TaskRef).min(1).max(100) }),
  output: DeletedMany,
  access,
  http: ['POST', '/companies/:companyId/tasks/bulk-delete'],
  async handle(context, input) {
    const items = await eachForItself(context, input.taskIds, async (taskId) => ({
      status: 'deleted' as const,
      task: await deleteOne(context, taskId),
    }))
    return { items: items.map((item) => ('wish' in item ? { status: item.status, error: item.error, taskId: item.wish } : item)) }
  },
})
