import type { CommandContext } from '../kernel/command.ts'
import { ruleViolated } from '../kernel/errors.ts'
import { holdAbove } from './hold-rules.ts'
import { taskMachine } from './machine.ts'
import { deepestRequest } from './schema.ts'
import { leasedAmong, lockSubtree, type TaskInTree } from './subtree.ts'
import { depthBelow } from './surroundings.ts'
import type { TaskTable } from './table.ts'
import { changeTask, requireTask, taskRef, wakeAssignee } from './transition.ts'

/** What another place in the tree makes of a task and of those below it. */
export interface Relocation {
  readonly columns: Partial<TaskTable>
  readonly below: readonly { readonly task: TaskTable; readonly columns: Partial<TaskTable> }[]
}

/** Finds what moving a task below another one changes. @throws `rule_violated` when it can not hang there */
export async function planRelocation(context: CommandContext, task: TaskTable, reference: string | null): Promise<Relocation> {
  const parent = reference === null ? null : await requireTask(context, reference)
  if (parent) await refuseAncestry(context, task, parent)
  const depth = depthBelow(parent)
  const tree = await lockSubtree(context, task)
  const deepest = depth + Math.max(...tree.map((each) => each.depth))
  if (deepest > deepestRequest) {
    throw ruleViolated(`What is below ${task.identifier} would be ${deepest} requests down, and ${deepestRequest} is the most.`, {
      requestDepth: deepest,
      most: deepestRequest,
    })
  }
  const hold = parent && (await holdAbove(context, parent))
  const taken = heldFromOutside(tree, hold)
  if (hold !== null) await refuseLive(context, task, taken)
  const columnsOf = (each: TaskInTree) => ({
    ...(each.task.request_depth !== depth + each.depth && { request_depth: depth + each.depth }),
    ...(taken.has(each.task.id) && { held_by_task_id: hold }),
  })
  const [root, ...below] = tree
  return {
    columns: { parent_id: parent?.id ?? null, ...(root && columnsOf(root)) },
    below: below.map((each) => ({ task: each.task, columns: columnsOf(each) })).filter(({ columns }) => Object.keys(columns).length > 0),
  }
}

/** The tasks whose hold changes with the place: the open ones that no hold of their own subtree is on. */
function heldFromOutside(tree: readonly TaskInTree[], hold: string | null): ReadonlySet<string> {
  const inside = new Set(tree.map(({ task }) => task.id))
  const changing = tree.filter(
    ({ task }) =>
      task.held_by_task_id !== hold &&
      !taskMachine.isFinal(task.status) &&
      (task.held_by_task_id === null || !inside.has(task.held_by_task_id)),
  )
  return new Set(changing.map(({ task }) => task.id))
}

async function refuseLive(context: CommandContext, task: TaskTable, taken: ReadonlySet<string>): Promise<void> {
  if (taken.size === 0) return
  const [lease] = await leasedAmong(context.tx, { companyId: context.companyId, taskIds: [...taken] })
  if (lease)
    throw ruleViolated(`${task.identifier} would be held there, and something in it is being worked on. Release that first.`, {
      taskId: lease.task_id,
      runId: lease.run_id,
    })
}

/** A task can not be below itself. */
async function refuseAncestry(context: CommandContext, task: TaskTable, parent: TaskTable): Promise<void> {
  const seen = new Set<string>()
  for (let next: TaskTable | null = parent; next !== null && !seen.has(next.id);) {
    if (next.id === task.id) throw ruleViolated(`${task.identifier} can not be below itself.`, { taskId: task.id, parentId: parent.id })
    seen.add(next.id)
    next = next.parent_id === null ? null : await requireTask(context, next.parent_id)
  }
}

/** Writes what a relocation made of the tasks below, and wakes those that nothing holds any more. */
export async function relocateBelow(context: CommandContext, { below }: Relocation): Promise<void> {
  for (const { task, columns } of below) {
    const next = await changeTask(context, task, columns)
    const changed = Object.keys(columns).map((column) => (column === 'held_by_task_id' ? 'heldByTaskId' : 'requestDepth'))
    context.emit('task.updated', taskRef(next), { changed })
    if (task.held_by_task_id !== null && next.held_by_task_id === null) await wakeAssignee(context, next, 'assignment')
  }
}
