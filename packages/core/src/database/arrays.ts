import { sql, type Kysely, type RawBuilder, type SqlBool } from 'kysely'

import { familyOf } from './open.ts'
import type { Database } from './tables.ts'

/** Whether a column that is a JSON array of texts holds this one: a condition of a statement. */
export function arrayHolds(db: Kysely<Database>, column: string, text: string): RawBuilder<SqlBool> {
  return familyOf(db) === 'postgres'
    ? sql<SqlBool>`${sql.ref(column)} @> jsonb_build_array(${text}::text)`
    : sql<SqlBool>`exists (select 1 from json_each(${sql.ref(column)}) as element where element.value = ${text})`
}
