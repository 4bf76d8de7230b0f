import { sql, type Transaction } from 'kysely'

import { tableOf } from './open.ts'
import { first, rawStatement, statement } from './statement.ts'
import type { Database } from './tables.ts'

/** No interface: declarations of what is made here have no name for one. */
type Place = Readonly<Record<'company_id' | 'id', string>> & { readonly version: number }

/** The tables of companies whose rows have a version that each change raises. */
type Versioned = { [Table in keyof Database]: Database[Table] extends Place ? Table : never }[keyof Database]

/** Changes a row that is still at the version that was read; null when it is not. */
type VersionedUpdate<Row> = (tx: Transaction<Database>, row: Place, changes: Partial<Row>) => Promise<Row | null>

/** How rows of a table are changed. The statement for columns that change together is made once. */
export function versionedUpdate<Table extends Versioned>(table: Table): VersionedUpdate<Database[Table]> {
  const updates = new Map<string, ReturnType<typeof updateOf<Database[Table]>>>()
  return async (tx, { company_id, id, version }, changes) => {
    const set: Record<string, unknown> = { ...changes, version: version + 1 }
    const columns = Object.keys(set).filter((column) => set[column] !== undefined)
    const name = columns.join()
    const update = updates.get(name) ?? updateOf<Database[Table]>(table, columns)
    updates.set(name, update)
    return first(await update(tx, { ...set, [of.company]: company_id, [of.id]: id, [of.version]: version }))
  }
}

/** What names the row, beside what is set. */
const of = { company: 'of company', id: 'of id', version: 'of version' } as const

function updateOf<Row>(table: Versioned, columns: readonly string[]) {
  return statement((db, given: Record<string, unknown>) =>
    rawStatement<Row>(
      db,
      sql<Row>`update ${tableOf(db, table)} set ${sql.join(columns.map((column) => sql`${sql.ref(column)} = ${given[column]}`))}
        where company_id = ${given[of.company]} and id = ${given[of.id]} and version = ${given[of.version]} returning *`,
    ),
  )
}
