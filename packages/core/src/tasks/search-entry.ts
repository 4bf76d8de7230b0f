import type { SearchEntry } from '../search/sql.ts'
import type { TaskTable } from './table.ts'

/** What a task is found by: its identifier and title, then its description. */
export function taskEntry(row: TaskTable): SearchEntry {
  return { type: 'task', id: row.id, taskId: row.id, title: `${row.identifier} ${row.title}`, body: row.description ?? '' }
}
