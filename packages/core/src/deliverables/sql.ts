import type { Kysely } from 'kysely'

import { isInList, listOf } from '../database/arrays.ts'
import { rowById } from '../database/row-by-id.ts'
import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { versionedChange, versionedUpdate } from '../database/versioned.ts'
import { locatedRows } from '../kernel/located.ts'
import { belongsToTask } from '../tasks/sql.ts'
import type { DeliverableTable, ReviewTable } from './table.ts'

/** All but the content, which may be a megabyte. */
export const shownColumns = [
  'id',
  'company_id',
  'task_id',
  'run_id',
  'agent_id',
  'number',
  'parent_id',
  'title',
  'summary',
  'content_type',
  'files',
  'actions',
  'usage',
  'provider',
  'model',
  'status',
  'version',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof DeliverableTable)[]

export const findDeliverable = rowById('deliverables')

export const locatedDeliverables = locatedRows(findDeliverable, (row, db) => belongsToTask(db, row.task_id, () => row.agent_id))

const latest = statement((db, given: { companyId: string; taskId: string }) =>
  db
    .selectFrom('deliverables')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('task_id', '=', given.taskId)
    .orderBy('number', 'desc')
    .limit(1),
)

/** The newest version of a task's deliverable. */
export async function latestDeliverable(
  db: Kysely<Database>,
  given: { companyId: string; taskId: string },
): Promise<DeliverableTable | null> {
  return first(await latest(db, given))
}

const versionOf = statement((db, given: { companyId: string; taskId: string; number: number }) =>
  db
    .selectFrom('deliverables')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('task_id', '=', given.taskId)
    .where('number', '=', given.number),
)

export async function findVersion(
  db: Kysely<Database>,
  given: { companyId: string; taskId: string; number: number },
): Promise<DeliverableTable | null> {
  return first(await versionOf(db, given))
}

/** Changes a deliverable that is still at the version that was read; null when it is not, so a decision is made once. */
export const updateDeliverable = versionedUpdate('deliverables')

/** The same where nothing goes on without it. */
export const changeDeliverable = versionedChange('deliverables', 'deliverable')

const reviewOf = statement((db, given: { companyId: string; deliverableId: string }) =>
  db.selectFrom('reviews').selectAll().where('company_id', '=', given.companyId).where('deliverable_id', '=', given.deliverableId),
)

export async function findReview(db: Kysely<Database>, given: { companyId: string; deliverableId: string }): Promise<ReviewTable | null> {
  return first(await reviewOf(db, given))
}

const reviewsById = statement((db, given: { companyId: string; ids: string }, family) =>
  db
    .selectFrom('reviews')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where(isInList(family, 'deliverable_id', { list: given.ids, of: 'uuid' })),
)

/** The reviews of versions, by the ids of these. */
export async function reviewsOf(
  db: Kysely<Database>,
  { companyId, ids }: { companyId: string; ids: readonly string[] },
): Promise<Map<string, ReviewTable>> {
  const rows = ids.length === 0 ? [] : await reviewsById(db, { companyId, ids: listOf(db, ids) })
  return new Map(rows.map((row) => [row.deliverable_id, row]))
}

/** What reviewers said to the versions of a task so far, oldest first. */
export const feedbackOf = statement((db, given: { companyId: string; taskId: string }) =>
  db
    .selectFrom('reviews')
    .innerJoin('deliverables', (join) =>
      join.onRef('deliverables.company_id', '=', 'reviews.company_id').onRef('deliverables.id', '=', 'reviews.deliverable_id'),
    )
    .select(['deliverables.number', 'reviews.decision', 'reviews.feedback'])
    .where('reviews.company_id', '=', given.companyId)
    .where('deliverables.task_id', '=', given.taskId)
    .orderBy('deliverables.number'),
)
