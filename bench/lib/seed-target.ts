import type { Storage } from '@engine/core'

/** A row as the database holds it; its columns are what the migrations made them. */
export type StoredRow = Readonly<Record<string, unknown>>

/** A database that a seed writes to by raw SQL, whatever its family. */
export interface SeedTarget {
  /** The same database for an engine. */
  readonly storage: Storage
  /** A table's name, with its schema where there is one. */
  table(name: string): string
  /** A query without parameters. */
  read(query: string): Promise<StoredRow[]>
  /** Writes rows that all have the same columns; what they leave out has its default. */
  insert(table: string, rows: Iterable<StoredRow>): Promise<void>
  /** Runs one statement without parameters. */
  run(statement: string): Promise<void>
  /** Does what the server would have done by itself after a while; SQLite has no such thing. */
  refreshStatistics(): Promise<void>
  close(): Promise<void>
}

/** Columns that the database fills itself. */
const generated = ['seq', 'xid']

/** A row that the engine wrote, to be copied. */
export async function readTemplate(target: SeedTarget, table: string, id: string): Promise<StoredRow> {
  const [row] = await target.read(`select * from ${target.table(table)} where id = '${id}'`)
  if (!row) throw new Error(`the engine wrote no row ${id} of ${table}`)
  return Object.fromEntries(Object.entries(row).filter(([column]) => !generated.includes(column)))
}

/** `count` changed copies of a row. */
export function* copies(template: StoredRow, count: number, change: (index: number) => StoredRow): Generator<StoredRow> {
  for (let index = 0; index < count; index += 1) yield { ...template, ...change(index) }
}
