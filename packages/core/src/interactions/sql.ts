import { sql, type Kysely, type Transaction } from 'kysely'

import { isNotArchived } from '../companies/sql.ts'
import { versionedChange } from '../database/versioned.ts'
import { present } from '../database/open.ts'
import { rowById } from '../database/row-by-id.ts'
import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { locatedRows } from '../kernel/located.ts'
import { belongsToTask } from '../tasks/sql.ts'
import type { InteractionTable } from './table.ts'

export const findInteraction = rowById('interactions')

/** It belongs to its task, and to the agent that asked. */
export const locatedInteractions = locatedRows(findInteraction, (row, db) =>
  belongsToTask(db, row.task_id, () => (row.asked_by_kind === 'agent' ? row.asked_by_id : null)),
)

interface OfTask {
  companyId: string
  taskId: string
}

/** What a task's people have not answered yet, oldest first. */
export const pendingInteractions = statement((db, given: OfTask) =>
  db
    .selectFrom('interactions')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('task_id', '=', given.taskId)
    .where('status', '=', 'pending')
    .orderBy('id'),
)

const latestOf = statement((db, given: OfTask & { limit: number }) =>
  db
    .selectFrom('interactions')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('task_id', '=', given.taskId)
    .orderBy('id', 'desc')
    .limit(given.limit),
)

/** The latest interactions of a task, newest last. */
export async function latestInteractions(db: Kysely<Database>, given: OfTask & { limit: number }): Promise<InteractionTable[]> {
  return (await latestOf(db, given)).toReversed()
}

export async function insertInteraction(tx: Transaction<Database>, row: InteractionTable): Promise<void> {
  await tx.insertInto('interactions').values(row).execute()
}

export const changeInteraction = versionedChange('interactions', 'interaction')

/** Interactions of all companies that nobody answered in time, the longest due first. */
export const dueInteractions = statement((db, given: { now: string; limit: number }, family) =>
  db
    .selectFrom('interactions')
    .select(['id', 'company_id'])
    .where('expires_at', '<=', present(family, given.now))
    .where('expires_at', 'is not', null)
    .where('status', '=', sql.lit('pending'))
    .where((e) =>
      e.exists(
        e.selectFrom('companies').select('companies.id').whereRef('companies.id', '=', 'interactions.company_id').where(isNotArchived),
      ),
    )
    .orderBy('expires_at')
    .limit(given.limit),
)
