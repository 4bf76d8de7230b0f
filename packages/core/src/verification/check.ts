import type { Kysely } from 'kysely'

import type { Database } from '../database/tables.ts'
import type { DatabaseFile } from '../ports/storage.ts'

/** One thing that is not as it must be. */
export interface Violation {
  /** Null where no company can be named, as for a damaged file. */
  readonly companyId: string | null
  /** What sort of thing it is: `task`, `run`, `agent`, `company`, `file`, … */
  readonly entity: string
  readonly id: string
  readonly problem: string
}

/** What checks look at. Each of their statements sees one moment; two of them see two moments of a database in use. */
export interface View {
  readonly db: Kysely<Database>
  /** Null where the database is no file. */
  readonly file: DatabaseFile | null
  /** The present, as this process takes it, ISO-8601. */
  readonly now: string
  /** How long an ended lease may lie there before it counts, milliseconds; null when nobody may be sweeping. */
  readonly overdueMs: number | null
}

/** Finds all violations of one invariant, some rows at a time. */
export type Check = (view: View) => AsyncIterable<Violation>

/** Ids above the first and up to the second. */
export interface Range {
  readonly above: string
  readonly upTo: string
}

const lowest = '00000000-0000-0000-0000-000000000000'
const highest = 'ffffffff-ffff-ffff-ffff-ffffffffffff'
/** Rows that one statement looks at: on SQLite, the event loop stands still for as long. With a company come all its tasks. */
const batch = 1_000
const companyBatch = 20

/** The tables whose rows have an id of their own. */
type Identified = { [Table in keyof Database]: Database[Table] extends { id: string; version: number } ? Table : never }[keyof Database]

/** Asks about a whole table in ranges of its ids; the last range is open, so rows that are added meanwhile are in it. */
export async function* inRanges<Row>(
  db: Kysely<Database>,
  table: Identified,
  find: (range: Range) => Promise<readonly Row[]>,
): AsyncGenerator<Row> {
  const size = table === 'companies' ? companyBatch : batch
  for (let above = lowest; ;) {
    const end = await db
      .selectFrom(table)
      .select('id')
      .where('id', '>', above)
      .orderBy('id')
      .limit(1)
      .offset(size - 1)
      .executeTakeFirst()
    yield* await find({ above, upTo: end?.id ?? highest })
    if (!end) return
    above = end.id
  }
}
