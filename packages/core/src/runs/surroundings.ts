import { sql, type Expression, type Kysely, type RawBuilder, type SqlBool } from 'kysely'

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

/** A place in a statement: values, or columns of other tables. */
interface PlaceIn {
  readonly companyId: string | Expression<string>
  readonly taskId: string | Expression<string>
}

/** The first thing of a task in a table, in the order of its index: without that Postgres takes every task for one with many, and begins to read the table. */
function firstOf(db: Kysely<Database>, { companyId, taskId }: PlaceIn, [table, order]: readonly [keyof Database, string]) {
  return sql<string | null>`(select of_task.task_id from ${tableOf(db, table)} as of_task
    where of_task.company_id = ${companyId} and of_task.task_id = ${taskId} order by of_task.${sql.ref(order)} limit 1)`
}

/** Whether there is any of it in the company. */
function anyOf(db: Kysely<Database>, { companyId }: PlaceIn, [table, condition]: readonly [keyof Database, RawBuilder<unknown>]) {
  return sql<SqlBool>`exists (select 1 from ${tableOf(db, table)} as of_company where of_company.company_id = ${companyId} and ${condition})`
}

/** What a statement selects to tell what there is about a task. */
export function around(db: Kysely<Database>, place: PlaceIn) {
  const always = sql`true`
  return [
    firstOf(db, place, ['comments', 'id']).as('around_comments'),
    firstOf(db, place, ['task_blockers', 'blocker_id']).as('around_blockers'),
    firstOf(db, place, ['deliverables', 'number']).as('around_reviews'),
    anyOf(db, place, ['goals', always]).as('around_goals'),
    anyOf(db, place, ['knowledge_entries', sql`of_company.deleted_at is null`]).as('around_knowledge'),
    anyOf(db, place, ['preferences', always]).as('around_preferences'),
  ] as const
}

const lookAround = statement((db, place: Place) => db.selectNoFrom(around(db, place)))

type Row = Awaited<ReturnType<typeof lookAround>>[number]

/** What was selected. Pure. */
export function aroundOf(row: Row | null): Surroundings {
  return {
    comments: Boolean(row?.around_comments),
    blockers: Boolean(row?.around_blockers),
    reviews: Boolean(row?.around_reviews),
    goals: Boolean(row?.around_goals),
    knowledge: Boolean(row?.around_knowledge),
    preferences: Boolean(row?.around_preferences),
  }
}

/** Finds by one look what there is to be read about a task. */
export async function readSurroundings(db: Kysely<Database>, place: Place): Promise<Surroundings> {
  return aroundOf(first(await lookAround(db, place)))
}
