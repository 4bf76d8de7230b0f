import { versionedChange } from '../database/versioned.ts'
import { rowById } from '../database/row-by-id.ts'
import { statement } from '../database/statement.ts'
import { locatedRows } from '../kernel/located.ts'

export const findSprint = rowById('sprints')

export const locatedSprints = locatedRows(findSprint)

export const countTasksOfSprint = statement((db, given: { companyId: string; sprintId: string }) =>
  db
    .selectFrom('tasks')
    .select((e) => ['status', e.fn.countAll<number>().as('count')])
    .where('company_id', '=', given.companyId)
    .where('sprint_id', '=', given.sprintId)
    .where('deleted_at', 'is', null)
    .groupBy('status'),
)

export const changeSprint = versionedChange('sprints', 'sprint')
