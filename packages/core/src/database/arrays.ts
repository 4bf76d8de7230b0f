import { sql, type Kysely, type RawBuilder, type SqlBool } from 'kysely'

import type { DatabaseFamily } from '../ports/storage.ts'
import { familyOf } from './open.ts'
import type { Database } from './tables.ts'

/** Whether a column that is a JSON array of texts holds this one: a condition of a statement. */
export function arrayHolds(db: Kysely<Database>, column: string, text: string): RawBuilder<SqlBool> {
  return familyOf(db) === 'postgres'
    ? sql<SqlBool>`${sql.ref(column)} @> jsonb_build_array(${text}::text)`
    : sql<SqlBool>`exists (select 1 from json_each(${sql.ref(column)}) as element where element.value = ${text})`
}

const arrayTypes = { uuid: sql`uuid[]`, bigint: sql`bigint[]` }

/**
 * Whether a column is one of a list that is one parameter of a statement, see `listOf`. With a parameter for each value it would be
 * another statement for each length: made by Kysely and planned by Postgres each time.
 */
export function isInList(
  family: DatabaseFamily,
  column: string,
  { list, of }: { list: string; of: keyof typeof arrayTypes },
): RawBuilder<SqlBool> {
  return family === 'postgres'
    ? sql<SqlBool>`${sql.ref(column)} = any(${list}::${arrayTypes[of]})`
    : sql<SqlBool>`${sql.ref(column)} in (select value from json_each(${list}))`
}

/** Ids or numbers as the one parameter that `isInList` reads. */
export function listOf(db: Kysely<Database>, values: Iterable<string | number>): string {
  const all = [...values]
  return familyOf(db) === 'postgres' ? `{${all.join(',')}}` : JSON.stringify(all)
}
