import type { Kysely } from 'kysely'

import { versionedChange } from '../database/versioned.ts'
import { rowById } from '../database/row-by-id.ts'
import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { locatedRows } from '../kernel/located.ts'
import type { CountedTasks } from '../projects/progress.ts'

export const findSprint = rowById('sprints')

export const locatedSprints = locatedRows(findSprint)

const countTasks = statement((db, given: { companyId: string; sprintId: string }) =>
  db
    .selectFrom('tasks')
    .select((e) => ['status', e.fn.countAll<number>().as('count')])
    .where('company_id', '=', given.companyId)
    .where('sprint_id', '=', given.sprintId)
    .where('deleted_at', 'is', null)
    .groupBy('status'),
)

export async function countTasksOfSprint(db: Kysely<Database>, given: { companyId: string; sprintId: string }): Promise<CountedTasks[]> {
  return countTasks(db, given)
}

export const changeSprint = versionedChange('sprints', 'sprint')
