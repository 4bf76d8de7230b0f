import { sql, type Kysely } from 'kysely'

import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { levelsAtMost } from '../kernel/tree.ts'
import { companyGoals } from './sql.ts'

interface Place {
  readonly companyId: string
  readonly taskId: string
}

/** A task and those above it, nearest first, with the goals that they and their projects have. A cross join: see agents/tree.ts. */
const lineage = statement((db, given: Place) =>
  db
    .withRecursive('lineage(parent_id, goal_id, project_id, distance)', (nearest) =>
      nearest
        .selectFrom('tasks')
        .select(['parent_id', 'goal_id', 'project_id', sql<number>`1`.as('distance')])
        .where('company_id', '=', given.companyId)
        .where('id', '=', given.taskId)
        .unionAll(
          nearest
            .selectFrom('lineage')
            .crossJoin('tasks')
            .whereRef('tasks.id', '=', 'lineage.parent_id')
            .select(['tasks.parent_id', 'tasks.goal_id', 'tasks.project_id', sql<number>`lineage.distance + 1`.as('distance')])
            .where('tasks.company_id', '=', given.companyId)
            .where('lineage.distance', '<', sql.lit(levelsAtMost)),
        ),
    )
    .selectFrom('lineage')
    .leftJoin('projects', (join) => join.onRef('projects.id', '=', 'lineage.project_id').on('projects.company_id', '=', given.companyId))
    .select(['lineage.goal_id', 'projects.goal_id as project_goal_id'])
    .orderBy('lineage.distance'),
)

/**
 * The goal that a task serves: its own, else that of the nearest task above it which has one, else that of its project, else the
 * company's own, of several the oldest active one.
 */
export async function goalOfTask(
  db: Kysely<Database>,
  task: { readonly id: string; readonly company_id: string; readonly goal_id: string | null },
): Promise<string | null> {
  if (task.goal_id !== null) return task.goal_id
  const rows = await lineage(db, { companyId: task.company_id, taskId: task.id })
  const named = rows.find((row) => row.goal_id !== null)?.goal_id ?? rows.find((row) => row.project_goal_id !== null)?.project_goal_id
  if (named) return named
  const goals = await companyGoals(db, task.company_id)
  return (goals.find((goal) => goal.status === 'active') ?? goals[0])?.id ?? null
}
