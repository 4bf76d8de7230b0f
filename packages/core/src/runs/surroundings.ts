import { sql, type Kysely } from 'kysely'

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

/** The order is that of an index: without it Postgres takes every task for one with many of them, and begins to read the table. */
const around = statement((db, { companyId, taskId }: Place) =>
  db.selectNoFrom((e) => [
    e
      .selectFrom('comments')
      .select('task_id')
      .where('company_id', '=', companyId)
      .where('task_id', '=', taskId)
      .orderBy('id')
      .limit(sql.lit(1))
      .as('comments'),
    e
      .selectFrom('task_blockers')
      .select('task_id')
      .where('company_id', '=', companyId)
      .where('task_id', '=', taskId)
      .orderBy('blocker_id')
      .limit(sql.lit(1))
      .as('blockers'),
    e
      .selectFrom('deliverables')
      .select('task_id')
      .where('company_id', '=', companyId)
      .where('task_id', '=', taskId)
      .orderBy('number')
      .limit(sql.lit(1))
      .as('reviews'),
    e.exists(e.selectFrom('goals').select('id').where('company_id', '=', companyId)).as('goals'),
    e
      .exists(e.selectFrom('knowledge_entries').select('id').where('company_id', '=', companyId).where('deleted_at', 'is', null))
      .as('knowledge'),
    e.exists(e.selectFrom('preferences').select('id').where('company_id', '=', companyId)).as('preferences'),
  ]),
)

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
