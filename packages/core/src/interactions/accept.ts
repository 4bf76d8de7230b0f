import { assertMay } from '../kernel/authorize.ts'
import type { CommandContext } from '../kernel/command.ts'
import type { Ask } from '../ports/ask-contract.ts'
import { createTask } from '../tasks/create.ts'
import type { InteractionAnswer } from './schema.ts'
import type { InteractionTable } from './table.ts'

/** Creates suggested tasks below the task that they were suggested for: all, or those that are named. */
export async function createSuggested(
  context: CommandContext,
  row: InteractionTable,
  { ask, keys }: { ask: Extract<Ask, { kind: 'suggested_tasks' }>; keys: readonly string[] | undefined },
): Promise<InteractionAnswer> {
  assertMay(context, 'tasks:create')
  const tasks: { key: string; taskId: string }[] = []
  for (const { key, ...wish } of ask.tasks) {
    if (keys && !keys.includes(key)) continue
    const task = await createTask(
      context,
      { ...wish, status: 'todo', parentId: row.task_id },
      { origin: 'interaction', wakes: 'assignment' },
    )
    tasks.push({ key, taskId: task.id })
  }
  return { tasks }
}
