import { sql, type Kysely } from 'kysely'

import { tableOf } from '../database/open.ts'
import { rawStatement, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import type { CommandContext } from '../kernel/command.ts'
import { ruleViolated } from '../kernel/errors.ts'
import type { TaskTable } from './table.ts'

/** How many tasks one command takes together. */
const mostTogether = 1_000

interface Root {
  companyId: string
  taskId: string
  most: number
}

const belowTask = statement((db, given: Root) =>
  rawStatement<{ id: string; depth: number }>(
    db,
    sql`with recursive below (id, depth) as (
        select id, cast(0 as bigint) from ${tableOf(db, 'tasks')} where company_id = ${given.companyId} and id = ${given.taskId}
        union all
        select t.id, below.depth + 1 from below join ${tableOf(db, 'tasks')} t on t.company_id = ${given.companyId} and t.parent_id = below.id
          and t.deleted_at is null
      )
      select id, depth from below limit ${given.most}`,
  ),
)

export interface TaskInTree {
  readonly task: TaskTable
  /** How far below the root; the root's is 0. */
  readonly depth: number
}

/** A task and all below it, from the root down, which nobody else changes until this command is over. @throws `rule_violated` for too many */
export async function lockSubtree(context: CommandContext, root: TaskTable): Promise<TaskInTree[]> {
  const { tx, companyId } = context
  const places = await belowTask(tx, { companyId, taskId: root.id, most: mostTogether + 1 })
  if (places.length > mostTogether) {
    throw ruleViolated(
      `There are more than ${mostTogether} tasks below ${root.identifier}. Do it for the tasks below it, one after the other.`,
      {
        taskId: root.id,
        most: mostTogether,
      },
    )
  }
  const depths = new Map(places.map(({ id, depth }) => [id, depth]))
  const rows = await tx
    .selectFrom('tasks')
    .selectAll()
    .where('company_id', '=', companyId)
    .where('id', 'in', [...depths.keys()])
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()
  return rows.map((task) => ({ task, depth: depths.get(task.id) ?? 0 })).toSorted((left, right) => left.depth - right.depth)
}

/** Those of these tasks that some run has the lease of. */
export async function leasedAmong(db: Kysely<Database>, given: { companyId: string; taskIds: readonly string[] }) {
  return db
    .selectFrom('leases')
    .selectAll()
    .where('company_id', '=', given.companyId)
    .where('task_id', 'in', [...given.taskIds])
    .execute()
}
