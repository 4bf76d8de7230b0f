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
export type Move = 'update' | 'cancel' | 'complete' | 'block'

const moves: Readonly<Partial<Record<TaskStatus, Readonly<Partial<Record<TaskStatus, Move>>>>>> = {
  backlog: { todo: 'update', cancelled: 'cancel' },
  todo: { backlog: 'update', blocked: 'block', cancelled: 'cancel' },
  in_progress: { blocked: 'block', done: 'complete', cancelled: 'cancel' },
  in_review: { done: 'complete', cancelled: 'cancel' },
  blocked: { todo: 'update', cancelled: 'cancel' },
}

/** Null when no person can move it there by hand. Pure. */
export function moveTo(from: TaskStatus, to: TaskStatus): Move | null {
  return moves[from]?.[to] ?? null
}

/** Pure. */
export function movesFrom(from: TaskStatus): readonly TaskStatus[] {
  return statuses.filter((to) => moveTo(from, to) !== null)
}
