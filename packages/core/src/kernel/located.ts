import type { Kysely } from 'kysely'

import type { Database } from '../database/tables.ts'
import type { QueryContext } from './command.ts'
import type { Location } from './locate.ts'

interface Owned {
  readonly id: string
  readonly company_id: string
}

/** What else a thing belongs to, beside its company; left out, nothing. */
type Belonging = Partial<Pick<Location, 'taskId' | 'agentId'>>

/**
 * How things of one kind are found, and the row for the query that shows it: finding out whose it is has read it already, so that one
 * statement serves both. Such a row is as old as the call. Commands read again in their transaction.
 * @param belongs null for what is there and yet found by nobody
 */
export function locatedRows<Row extends Owned>(
  find: (db: Kysely<Database>, reference: string) => Promise<Row | null>,
  belongs: (row: Row, db: Kysely<Database>) => Belonging | null | Promise<Belonging | null> = () => ({}),
) {
  class Located implements Location {
    readonly id: string
    readonly companyId: string
    readonly taskId: string | null
    readonly agentId: string | null
    readonly row: Row

    constructor(row: Row, { taskId = null, agentId = null }: Belonging) {
      this.id = row.id
      this.companyId = row.company_id
      this.taskId = taskId
      this.agentId = agentId
      this.row = row
    }
  }
  return {
    async locate(db: Kysely<Database>, reference: string): Promise<Location | null> {
      const row = await find(db, reference)
      const belonging = row && (await belongs(row, db))
      return row && belonging && new Located(row, belonging)
    },
    /** The row of what a query is asked about. @throws for a query whose access names another kind of thing */
    of({ target }: QueryContext): Row {
      if (target instanceof Located) return target.row
      throw new Error('this query is not asked about such a thing')
    },
  }
}
