import { sql, type Transaction } from 'kysely'

import { changedMeanwhile } from '../kernel/change.ts'
import { tableOf } from './open.ts'
import { first, rawStatement, statement } from './statement.ts'
import type { Database } from './tables.ts'

/** No interface: declarations of what is made here have no name for one. */
type Place = Readonly<Record<'company_id' | 'id' | 'updated_at', string>> & { readonly version: number }

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

/** Writes changes to a row that was read in this transaction, at the time of its command. @throws `changed_meanwhile` */
type VersionedChange<Row> = (
  context: { readonly tx: Transaction<Database>; readonly now: string },
  row: Place,
  changes: Partial<Row>,
) => Promise<Row>

/** The same for what a command can not go on without: another version is a refusal. `entity` is what people call such a row. */
export function versionedChange<Table extends Versioned>(table: Table, entity: string): VersionedChange<Database[Table]> {
  const update = versionedUpdate(table)
  return async ({ tx, now }, row, changes) => {
    const next = await update(tx, row, { ...changes, updated_at: now })
    if (!next) throw changedMeanwhile(entity, row.id)
    return next
  }
}

/** Removes a row that was read in this transaction. @throws `changed_meanwhile` */
type VersionedDelete = (tx: Transaction<Database>, row: Place) => Promise<void>

/** How rows of a table are removed; what refers to them is the caller's. */
export function versionedDelete(table: Versioned, entity: string): VersionedDelete {
  const remove = statement((db, given: Place) =>
    rawStatement(
      db,
      sql`delete from ${tableOf(db, table)}
        where company_id = ${given.company_id} and id = ${given.id} and version = ${given.version} returning id`,
    ),
  )
  return async (tx, row) => {
    if (!first(await remove(tx, row))) throw changedMeanwhile(entity, row.id)
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
