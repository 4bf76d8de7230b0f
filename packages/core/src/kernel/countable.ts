import { sql, type RawBuilder } from 'kysely'

/** A sum as it is shown: as much as can be counted without rounding, where it is more. Only what is made up comes to that. Pure. */
export function countable(sum: number): number {
  return Math.min(sum, Number.MAX_SAFE_INTEGER)
}

/** The same as a part of a statement, where it is kept: a column holds no more than can be read. */
export function countableSql(sum: RawBuilder<number>): RawBuilder<number> {
  const most = sql.lit(Number.MAX_SAFE_INTEGER)
  return sql<number>`case when ${sum} > ${most} then ${most} else ${sum} end`
}
