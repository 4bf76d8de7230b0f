import { sql, type Kysely } from 'kysely'

import { versionedChange } from '../database/versioned.ts'
import { rowById } from '../database/row-by-id.ts'
import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { locatedRows } from '../kernel/located.ts'
import { levelsAtMost } from '../kernel/tree.ts'
import type { CountedTasks } from '../projects/progress.ts'
import type { GoalStatus } from './schema.ts'
import type { GoalTable } from './table.ts'

export const findGoal = rowById('goals')

export const locatedGoals = locatedRows(findGoal, (goal) => ({ agentId: goal.owner_agent_id }))

interface Place {
  readonly companyId: string
  readonly goalId: string
}

// Cross joins, here and below: see agents/tree.ts.
const chain = statement((db, given: Place) =>
  db
    .withRecursive('chain(id, parent_id, distance)', (nearest) =>
      nearest
        .selectFrom('goals')
        .select(['id', 'parent_id', sql<number>`1`.as('distance')])
        .where('company_id', '=', given.companyId)
        .where('id', '=', given.goalId)
        .unionAll(
          nearest
            .selectFrom('chain')
            .crossJoin('goals')
            .whereRef('goals.id', '=', 'chain.parent_id')
            .select(['goals.id', 'goals.parent_id', sql<number>`chain.distance + 1`.as('distance')])
            .where('goals.company_id', '=', given.companyId)
            .where('chain.distance', '<', sql.lit(levelsAtMost)),
        ),
    )
    .selectFrom('chain')
    .crossJoin('goals')
    .whereRef('goals.id', '=', 'chain.id')
    .selectAll('goals')
    .where('goals.company_id', '=', given.companyId)
    .orderBy('chain.distance'),
)

/** A goal and those above it, nearest first. */
export async function goalChain(db: Kysely<Database>, given: { companyId: string; goalId: string | null }): Promise<GoalTable[]> {
  const { companyId, goalId } = given
  return goalId === null ? [] : chain(db, { companyId, goalId })
}

/** A goal and all below it, with their level counted from it: a part of statements. */
function withSubtree(db: Kysely<Database>, given: Place) {
  return db.withRecursive('subtree(id, level)', (nearest) =>
    nearest
      .selectFrom('goals')
      .select(['id', sql<number>`1`.as('level')])
      .where('company_id', '=', given.companyId)
      .where('id', '=', given.goalId)
      .unionAll(
        nearest
          .selectFrom('subtree')
          .crossJoin('goals')
          .whereRef('goals.parent_id', '=', 'subtree.id')
          .select(['goals.id', sql<number>`subtree.level + 1`.as('level')])
          .where('goals.company_id', '=', given.companyId)
          .where('subtree.level', '<', sql.lit(levelsAtMost)),
      ),
  )
}

const height = statement((db, given: Place) =>
  withSubtree(db, given)
    .selectFrom('subtree')
    .select((e) => e.fn.max('level').as('levels')),
)

/** How many levels a goal and all below it have. */
export async function levelsOf(db: Kysely<Database>, given: Place): Promise<number> {
  return first(await height(db, given))?.levels ?? 0
}

const tasksOfGoals = statement((db, given: Place) =>
  withSubtree(db, given)
    .selectFrom('subtree')
    .crossJoin('tasks')
    .whereRef('tasks.goal_id', '=', 'subtree.id')
    .select((e) => ['tasks.status', e.fn.countAll<number>().as('count')])
    .where('tasks.company_id', '=', given.companyId)
    .where('tasks.deleted_at', 'is', null)
    .groupBy('tasks.status'),
)

const tasksOfProjects = statement((db, given: Place) =>
  withSubtree(db, given)
    .selectFrom('subtree')
    .crossJoin('projects')
    .crossJoin('tasks')
    .whereRef('projects.goal_id', '=', 'subtree.id')
    .whereRef('tasks.project_id', '=', 'projects.id')
    .select((e) => ['tasks.status', e.fn.countAll<number>().as('count')])
    .where('projects.company_id', '=', given.companyId)
    .where('tasks.company_id', '=', given.companyId)
    .where('tasks.goal_id', 'is', null)
    .where('tasks.deleted_at', 'is', null)
    .groupBy('tasks.status'),
)

/** The tasks that serve a goal or one below it, by their own goal or, without one, by their project's. */
export async function countTasksOfGoal(db: Kysely<Database>, given: Place): Promise<CountedTasks[]> {
  return [...(await tasksOfGoals(db, given)), ...(await tasksOfProjects(db, given))]
}

const roots = statement((db, given: { companyId: string }) =>
  db
    .selectFrom('goals')
    .select(['id', 'status'])
    .where('company_id', '=', given.companyId)
    .where('parent_id', 'is', null)
    .where('level', '=', sql.lit('company'))
    .where((e) => e.or([e('status', '=', sql.lit('planned')), e('status', '=', sql.lit('active'))]))
    .orderBy('id'),
)

/** The goals that the whole company works for and that are not over yet, oldest first. */
export async function companyGoals(db: Kysely<Database>, companyId: string): Promise<{ id: string; status: GoalStatus }[]> {
  return roots(db, { companyId })
}

const anyGoal = statement((db, given: { companyId: string }) =>
  db.selectFrom('goals').select('id').where('company_id', '=', given.companyId).limit(sql.lit(1)),
)

export async function hasGoals(db: Kysely<Database>, companyId: string): Promise<boolean> {
  return (await anyGoal(db, { companyId })).length > 0
}

export const changeGoal = versionedChange('goals', 'goal')
