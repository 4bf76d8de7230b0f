import type { CommandContext } from '../kernel/command.ts'
import { ruleViolated } from '../kernel/errors.ts'
import { cancelAndRelease } from '../runs/cancel.ts'
import { requireRun } from '../runs/end.ts'
import { holdAbove } from './hold-rules.ts'
import { taskMachine } from './machine.ts'
import { findTask } from './sql.ts'
import { leasedAmong, lockSubtree } from './subtree.ts'
import type { TaskTable } from './table.ts'
import { changeTask, moveTask, requireTask, taskRef, wakeAssignee } from './transition.ts'

interface Hold {
  readonly root: TaskTable
  readonly reason: string | null
}

/**
 * Holds a task and all open ones below it: live runs are cancelled and give their tasks back first, and nothing in the subtree
 * starts until it is resumed. A hold further down stays as it is. @returns how many tasks it is new for
 */
export async function holdSubtree(context: CommandContext, { root, reason }: Hold): Promise<number> {
  if (taskMachine.isFinal(root.status))
    throw ruleViolated(`${root.identifier} is ${root.status}; there is nothing to hold. Name a task below it.`)
  const tree = await lockSubtree(context, root)
  const inside = new Set(tree.map(({ task }) => task.id))
  const isHeldInside = ({ held_by_task_id: heldBy }: TaskTable) => heldBy !== null && inside.has(heldBy)
  const open = tree.map(({ task }) => task).filter((task) => !taskMachine.isFinal(task.status) && !isHeldInside(task))
  if (open.length === 0) return 0
  await stopRuns(context, open)
  for (const { id } of open) {
    const next = await changeTask(context, await requireTask(context, id), { held_by_task_id: root.id })
    context.emit('task.held', taskRef(next), { heldByTaskId: root.id, reason })
  }
  return open.length
}

async function stopRuns(context: CommandContext, tasks: readonly TaskTable[]): Promise<void> {
  const taskIds = tasks.map((task) => task.id)
  for (const lease of await leasedAmong(context.tx, { companyId: context.companyId, taskIds })) {
    await cancelAndRelease(context, await requireRun(context, lease.run_id), { verb: 'cancel', reason: 'task_held' })
  }
}

/**
 * Ends a hold, and wakes what may start. Where a task further up is held too, its hold takes over.
 * @returns how many tasks it was on
 * @throws `rule_violated` when the task is held by one above it only
 */
export async function resumeSubtree(context: CommandContext, { root, reason }: Hold): Promise<number> {
  const held = await heldBy(context, root)
  if (held.length === 0) {
    if (root.held_by_task_id !== null) await refuseInner(context, root, root.held_by_task_id)
    return 0
  }
  const parent = root.parent_id === null ? null : await findTask(context.tx, root.parent_id)
  const above = parent && (await holdAbove(context, parent))
  const resumed: TaskTable[] = []
  for (const task of held) {
    const next = await changeTask(context, task, { held_by_task_id: taskMachine.isFinal(task.status) ? null : above })
    context.emit('task.resumed', taskRef(next), { heldByTaskId: root.id, reason })
    resumed.push(next)
  }
  for (const task of resumed) await wakeAssignee(context, task, 'manual')
  return held.length
}

async function refuseInner(context: CommandContext, task: TaskTable, rootId: string): Promise<never> {
  const root = await findTask(context.tx, rootId)
  throw ruleViolated(`${task.identifier} is held with ${root?.identifier ?? rootId}. Resume that one.`, { heldByTaskId: rootId })
}

async function heldBy({ tx, companyId }: CommandContext, root: TaskTable): Promise<TaskTable[]> {
  return tx
    .selectFrom('tasks')
    .selectAll()
    .where('company_id', '=', companyId)
    .where('held_by_task_id', '=', root.id)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()
}

/** Cancels a task and all open ones below it, those furthest down first. @returns how many */
export async function cancelSubtree(context: CommandContext, { root, reason }: Hold): Promise<number> {
  const tree = await lockSubtree(context, root)
  const open = tree.filter(({ task }) => !taskMachine.isFinal(task.status)).toReversed()
  for (const { task } of open) await moveTask(context, task, { to: 'cancelled', verb: 'cancel', reason })
  return open.length
}
