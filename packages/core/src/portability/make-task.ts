import { createTask } from '../tasks/create.ts'
import { update } from '../tasks/commands/update.ts'
import { lockSurroundings } from '../tasks/surroundings.ts'
import type { Entry } from './format.ts'
import type { Making } from './making.ts'
import type { ImportItem } from './schema.ts'

/** Makes a task in the backlog, where nothing starts it. */
export async function makeTask(making: Making, { entry, item }: { entry: Entry<'task'>; item: ImportItem }): Promise<{ id: string }> {
  const { context, idOf } = making
  const { assignee, goal, parent, blockedBy = [], title: _title, ...fields } = entry.head
  const wish = { ...fields, title: item.name, description: entry.body === '' ? null : entry.body }
  if (item.id !== null) {
    // Its number of tries and its context may be those of work that is under way.
    const { maxAttempts: _tries, context: _context, ...changes } = wish
    return update.handle(context, { ...changes, taskId: item.id }, undefined)
  }
  const task = {
    ...wish,
    status: 'backlog' as const,
    assigneeAgentId: idOf('agent', assignee),
    goalId: idOf('goal', goal),
    projectId: idOf('project', entry.project),
    parentId: idOf('task', parent),
    blockedBy: blockedBy.flatMap((slug) => idOf('task', slug) ?? []),
  }
  await lockSurroundings(context, [task])
  return createTask(context, task, { origin: 'import', wakes: 'assignment' })
}
