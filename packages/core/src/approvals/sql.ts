import { sql, type Kysely, type Transaction } from 'kysely'

import { versionedChange } from '../database/versioned.ts'
import { rowById } from '../database/row-by-id.ts'
import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { locatedRows } from '../kernel/located.ts'
import { noUnresolvedBlocker } from '../tasks/checkout-guards.ts'
import type { TaskTable } from '../tasks/table.ts'
import type { ApprovalType } from './schema.ts'
import type { ApprovalTable } from './table.ts'

export const findApproval = rowById('approvals')

export const locatedApprovals = locatedRows(findApproval, (row) => ({ taskId: row.task_id, agentId: row.agent_id }))

const openApproval = statement((db, given: { companyId: string; type: ApprovalType; subject: string }) =>
  db
    .selectFrom('approvals')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('type', '=', given.type)
    .where('subject', '=', given.subject)
    .where('status', 'in', ['pending', 'revision_requested']),
)

/** The one request about a subject that is not decided yet. */
export async function findOpenApproval(
  db: Kysely<Database>,
  given: { companyId: string; type: ApprovalType; subject: string },
): Promise<ApprovalTable | null> {
  return first(await openApproval(db, given))
}

export const changeApproval = versionedChange('approvals', 'approval')

interface Unqueued {
  readonly companyId: string
  /** Of this project, or only this task, when one is named. */
  readonly projectId?: string | null
  readonly taskId?: string | null
}

/** Assigned tasks that could start, but have no run queued; ours until the transaction ends. */
export async function lockUnqueuedTasks(tx: Transaction<Database>, { companyId, projectId, taskId }: Unqueued): Promise<TaskTable[]> {
  let tasks = tx
    .selectFrom('tasks')
    .selectAll('tasks')
    .where('tasks.company_id', '=', companyId)
    .where('tasks.status', '=', 'todo')
    .where('tasks.assignee_agent_id', 'is not', null)
    .where(noUnresolvedBlocker)
    .where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom('runs')
            .select('runs.id')
            .whereRef('runs.company_id', '=', 'tasks.company_id')
            .whereRef('runs.agent_id', '=', 'tasks.assignee_agent_id')
            .whereRef('runs.task_id', '=', 'tasks.id')
            .where('runs.status', '=', sql.lit('queued')),
        ),
      ),
    )
  if (projectId) tasks = tasks.where('tasks.project_id', '=', projectId)
  if (taskId) tasks = tasks.where('tasks.id', '=', taskId)
  return tasks.orderBy('tasks.id').forNoKeyUpdate('tasks').execute()
}
