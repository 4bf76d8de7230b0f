import type { z } from 'zod'

import type { CommandContext } from '../kernel/command.ts'
import { ruleViolated } from '../kernel/errors.ts'
import { removeSearchEntriesOfTask } from '../search/sql.ts'
import { refuseLive } from './live.ts'
import { taskMachine } from './machine.ts'
import type { DeletedTask } from './schema.ts'
import { lockSubtree } from './subtree.ts'
import type { TaskTable } from './table.ts'
import { changeTask, moveTask, requireTask, taskRef } from './transition.ts'

/**
 * Deletes a task: from then on nobody finds it, and its number is never given again. An open one is cancelled first. All that
 * can be refused is refused before anything is written.
 */
export async function deleteOne(context: CommandContext, reference: string): Promise<z.output<typeof DeletedTask>> {
  const task = await requireTask(context, reference)
  await refuseLive(context, task, 'Cancel it, or take it back by tasks.forceRelease, then delete it.')
  await refuseOpenBelow(context, task)
  const isOpen = !taskMachine.isFinal(task.status)
  const ended = isOpen ? await moveTask(context, task, { to: 'cancelled', verb: 'cancel', reason: 'deleted' }) : task
  const next = await changeTask(context, ended, { deleted_at: context.now })
  await removeSearchEntriesOfTask(context, task.id)
  context.emit('task.deleted', taskRef(next), { identifier: next.identifier, status: next.status })
  return { id: next.id, identifier: next.identifier, deletedAt: context.now }
}

async function refuseOpenBelow(context: CommandContext, task: TaskTable): Promise<void> {
  const tree = await lockSubtree(context, task)
  const open = tree.filter((each) => each.depth > 0 && !taskMachine.isFinal(each.task.status)).map((each) => each.task.identifier)
  if (open.length === 0) return
  throw ruleViolated(
    `${task.identifier} has open tasks below it: ${open.slice(0, 5).join(', ')}${open.length > 5 ? ', …' : ''}. Finish or move them, or cancel all by tasks.cancelSubtree.`,
    { taskId: task.id, open: open.slice(0, 100) },
  )
}
