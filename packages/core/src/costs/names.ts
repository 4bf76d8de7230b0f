import type { Kysely } from 'kysely'

import type { Database } from '../database/tables.ts'

interface Asked {
  readonly companyId: string
  readonly ids: readonly string[]
}

/** What agents or projects are called, by their ids. */
export async function namesOf(
  db: Kysely<Database>,
  table: 'agents' | 'projects',
  { companyId, ids }: Asked,
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map()
  const rows = await db.selectFrom(table).select(['id', 'name']).where('company_id', '=', companyId).where('id', 'in', ids).execute()
  return new Map(rows.map((row) => [row.id, row.name]))
}

/** What tasks are called, by their ids; those that were deleted are missing. */
export async function tasksOf(
  db: Kysely<Database>,
  { companyId, ids }: Asked,
): Promise<ReadonlyMap<string, { identifier: string; title: string }>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('tasks')
    .select(['id', 'identifier', 'title'])
    .where('company_id', '=', companyId)
    .where('id', 'in', ids)
    .execute()
  return new Map(rows.map((row) => [row.id, row]))
}
