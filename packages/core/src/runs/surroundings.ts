import { sql, type Kysely } from 'kysely'

import { tableOf } from '../database/open.ts'
import { first, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'

/** What there is about a task besides itself. Most tasks lack most of it, and what is not there is not asked for. */
export interface Surroundings {
  readonly comments: boolean
  readonly blockers: boolean
  readonly reviews: boolean
  /** Of the company. */
  readonly goals: boolean
  /** Of the company. */
  readonly knowledge: boolean
  /** Of the company, whoever has them. */
  readonly preferences: boolean
}

interface Place {
  readonly companyId: string
  readonly taskId: string
}

/** The first thing of a task in a table, in the order of its index: without that Postgres takes every task for one with many, and begins to read the table. */
function firstOf(db: Kysely<Database>, { companyId, taskId }: Place, [table, order]: readonly [keyof Database, string]) {
  return sql<string | null>`(select task_id from ${tableOf(db, table)}
    where company_id = ${companyId} and task_id = ${taskId} order by ${sql.ref(order)} limit 1)`
}

const around = statement((db, place: Place) => {
  const { companyId } = place
  return db.selectNoFrom((e) => [
    firstOf(db, place, ['comments', 'id']).as('comments'),
    firstOf(db, place, ['task_blockers', 'blocker_id']).as('blockers'),
    firstOf(db, place, ['deliverables', 'number']).as('reviews'),
    e.exists(e.selectFrom('goals').select('id').where('company_id', '=', companyId)).as('goals'),
    e
      .exists(e.selectFrom('knowledge_entries').select('id').where('company_id', '=', companyId).where('deleted_at', 'is', null))
      .as('knowledge'),
    e.exists(e.selectFrom('preferences').select('id').where('company_id', '=', companyId)).as('preferences'),
  ])
})

/** Finds by one look what there is to be read about a task. */
export async function readSurroundings(db: Kysely<Database>, place: Place): Promise<Surroundings> {
  const row = first(await around(db, place))
  const has = (name: keyof Surroundings) => Boolean(row?.[name])
  return {
    comments: has('comments'),
    blockers: has('blockers'),
    reviews: has('reviews'),
    goals: has('goals'),
    knowledge: has('knowledge'),
    preferences: has('preferences'),
  }
}
