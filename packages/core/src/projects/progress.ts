import { z } from 'zod'

import { TaskStatus } from '../tasks/schema.ts'

const Count = z.number().int()

export const Progress = z
  .object({
    total: Count,
    done: Count,
    cancelled: Count,
    percent: Count.describe('Done of all that are not cancelled, 0 to 100, rounded down: 100 only when nothing is left.'),
  })
  .meta({ id: 'Progress' })
export type Progress = z.infer<typeof Progress>

export const TaskCountByStatus = z.record(TaskStatus, Count)

/** Tasks of one status; a status may come more than once. */
export interface CountedTasks {
  readonly status: TaskStatus
  readonly count: number
}

/** How many tasks have each status. Pure. */
export function countByStatus(rows: readonly CountedTasks[]): Record<TaskStatus, number> {
  const counts: Record<TaskStatus, number> = { backlog: 0, todo: 0, in_progress: 0, in_review: 0, blocked: 0, done: 0, cancelled: 0 }
  for (const { status, count } of rows) counts[status] += count
  return counts
}

/** How far tasks are, taken together. Pure. */
export function progressOf(rows: readonly CountedTasks[]): Progress {
  const counts = countByStatus(rows)
  const { done, cancelled } = counts
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  const wanted = total - cancelled
  return { total, done, cancelled, percent: wanted === 0 ? 0 : Math.floor((100 * done) / wanted) }
}
