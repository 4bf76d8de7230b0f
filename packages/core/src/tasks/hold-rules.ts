import type { CommandContext } from '../kernel/command.ts'
import { taskMachine } from './machine.ts'
import { findTask } from './sql.ts'
import type { TaskTable } from './table.ts'

/**
 * Which hold is on what hangs below a task: the task's own, or, where it had ended before the hold came, that of the ones above it.
 */
export async function holdAbove(context: CommandContext, task: TaskTable): Promise<string | null> {
  for (let next: TaskTable | null = task; next;) {
    if (next.held_by_task_id !== null) return next.held_by_task_id
    if (!taskMachine.isFinal(next.status) || next.parent_id === null) return null
    next = await findTask(context.tx, next.parent_id)
  }
  return null
}
