import type { TaskStatus } from '@engine/core/contract'

/** The statuses, in the order in which work goes through them. */
export const statuses = [
  'backlog',
  'todo',
  'in_progress',
  'in_review',
  'blocked',
  'done',
  'cancelled',
] as const satisfies readonly TaskStatus[]
export const priorities = ['critical', 'high', 'medium', 'low'] as const

/** How a person brings a task from one status to another; work that is under way moves by its runs and reviews. */
export type Move = `tasks.${'update' | 'cancel' | 'complete' | 'block'}`

const moves: Readonly<Partial<Record<TaskStatus, Readonly<Partial<Record<TaskStatus, Move>>>>>> = {
  backlog: { todo: 'tasks.update', cancelled: 'tasks.cancel' },
  todo: { backlog: 'tasks.update', blocked: 'tasks.block', cancelled: 'tasks.cancel' },
  in_progress: { blocked: 'tasks.block', done: 'tasks.complete', cancelled: 'tasks.cancel' },
  in_review: { done: 'tasks.complete', cancelled: 'tasks.cancel' },
  blocked: { todo: 'tasks.update', cancelled: 'tasks.cancel' },
}

/** Null when no person can move it there by hand. Pure. */
export function moveTo(from: TaskStatus, to: TaskStatus): Move | null {
  return moves[from]?.[to] ?? null
}

/** Pure. */
export function movesFrom(from: TaskStatus): readonly TaskStatus[] {
  return statuses.filter((to) => moveTo(from, to) !== null)
}
