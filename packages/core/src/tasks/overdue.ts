import { sql, type ExpressionBuilder, type Transaction } from 'kysely'

import { isNotArchived } from '../companies/sql.ts'
import { present } from '../database/open.ts'
import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { DatabaseFamily } from '../ports/storage.ts'
import type { TaskTable } from './table.ts'

/** The due date of an open task has passed, and nobody was told. Written as the index of such tasks is. */
function isOverdue(e: ExpressionBuilder<Database, 'tasks'>, { now, family }: { now: string; family: DatabaseFamily }) {
  return e.and([
    e('due_at', '<', present(family, now)),
    e('due_at', 'is not', null),
    e('overdue_at', 'is', null),
    sql<boolean>`status not in ('done', 'cancelled')`,
  ])
}

/** Tasks of all companies that have become overdue, the longest due first. */
export const overdueTasks = statement((db, given: { now: string; limit: number }, family) =>
  db
    .selectFrom('tasks')
    .select(['id', 'company_id'])
    .where((e) => isOverdue(e, { now: given.now, family }))
    .where((e) =>
      e.exists(e.selectFrom('companies').select('companies.id').whereRef('companies.id', '=', 'tasks.company_id').where(isNotArchived)),
    )
    .orderBy('due_at')
    .limit(given.limit),
)

/** Those of these tasks that are overdue still, ours until the transaction ends. */
export async function lockOverdue(
  tx: Transaction<Database>,
  given: { companyId: string; taskIds: readonly string[]; now: string; family: DatabaseFamily },
): Promise<TaskTable[]> {
  return tx
    .selectFrom('tasks')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('id', 'in', [...given.taskIds])
    .where((e) => isOverdue(e, given))
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()
}
