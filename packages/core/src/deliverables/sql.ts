import type { Kysely } from 'kysely'

import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { versionedUpdate } from '../database/versioned-update.ts'
import type { Location } from '../kernel/locate.ts'
import { locatePart } from '../tasks/sql.ts'
import type { DeliverableTable, ReviewTable } from './table.ts'

const deliverableById = statement((db, given: { id: string }) => db.selectFrom('deliverables').selectAll().where('id', '=', given.id))

export async function findDeliverable(db: Kysely<Database>, id: string): Promise<DeliverableTable | null> {
  return first(await deliverableById(db, { id }))
}

export async function locateDeliverable(db: Kysely<Database>, id: string): Promise<Location | null> {
  const row = await findDeliverable(db, id)
  return locatePart(db, row, () => row?.agent_id ?? null)
}

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

const reviewOf = statement((db, given: { companyId: string; deliverableId: string }) =>
  db.selectFrom('reviews').selectAll().where('company_id', '=', given.companyId).where('deliverable_id', '=', given.deliverableId),
)

export async function findReview(db: Kysely<Database>, given: { companyId: string; deliverableId: string }): Promise<ReviewTable | null> {
  return first(await reviewOf(db, given))
}

const reviewedVersions = statement((db, given: { companyId: string; taskId: string }) =>
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

/** What reviewers said to the versions of a task so far, oldest first. */
export async function feedbackOf(db: Kysely<Database>, given: { companyId: string; taskId: string }) {
  return reviewedVersions(db, given)
}
