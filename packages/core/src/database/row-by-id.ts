import { sql, type Kysely } from 'kysely'

import { tableOf } from './open.ts'
import { first, rawStatement, statement } from './statement.ts'
import type { Database } from './tables.ts'

/** The tables whose rows have an id that no other row has. */
type Identified = { [Table in keyof Database]: Database[Table] extends { readonly id: string } ? Table : never }[keyof Database]

/** How a row of a table is found by its id alone, of whichever company it is; null when there is none. */
export function rowById<Table extends Identified>(table: Table): (db: Kysely<Database>, id: string) => Promise<Database[Table] | null> {
  const byId = statement((db, given: { id: string }) =>
    rawStatement(db, sql<Database[Table]>`select * from ${tableOf(db, table)} where id = ${given.id}`),
  )
  return async (db, id) => first(await byId(db, { id }))
}
