import type { Task, TaskStatus } from '@engine/core/contract'

import { changeTask } from '../../data/optimistic.ts'
import { words } from '../../data/said.ts'
import { useCommand } from '../../data/use-operation.ts'
import { useTell } from '../../parts/toasts.tsx'
import { moveTo } from './moves.ts'

/** Brings a task to another status by the verb that takes it there; shown at once, and taken back when it is refused. */
export function useMove(): (task: Task, to: TaskStatus) => void {
  const tell = useTell()
  const onFailed = tell.failed
  const update = useCommand('tasks.update', {
    optimistic: (queries, { taskId, status }) => changeTask(queries, taskId, status ? { status } : {}),
    onFailed,
  })
  const cancel = useCommand('tasks.cancel', {
    optimistic: (queries, { taskId }) => changeTask(queries, taskId, { status: 'cancelled' }),
    onFailed,
  })
  const complete = useCommand('tasks.complete', {
    optimistic: (queries, { taskId }) => changeTask(queries, taskId, { status: 'done' }),
    onFailed,
  })
  const block = useCommand('tasks.block', {
    optimistic: (queries, { taskId }) => changeTask(queries, taskId, { status: 'blocked' }),
    onFailed,
  })
  return (task, to) => {
    const taskId = task.id
    switch (moveTo(task.status, to)) {
      case 'tasks.update':
        return update.run({ taskId, status: to, version: task.version })
      case 'tasks.cancel':
        return cancel.run({ taskId })
      case 'tasks.complete':
        return complete.run({ taskId })
      case 'tasks.block':
        return block.run({ taskId, reason: 'Blocked on the board' })
      case null:
        return tell.failed(
          new Error(`${task.identifier} is ${words(task.status)}. It comes to ${words(to)} by its runs and reviews, not by hand.`),
        )
    }
  }
}
