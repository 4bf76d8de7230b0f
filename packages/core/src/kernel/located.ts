import type { QueryContext } from './command.ts'
import type { Location } from './locate.ts'

/** A location together with the row that it was read from. */
class Located<Row> implements Location {
  readonly id: string
  readonly companyId: string
  readonly taskId: string | null
  readonly agentId: string | null
  readonly row: Row

  constructor({ id, companyId, taskId, agentId }: Location, row: Row) {
    this.id = id
    this.companyId = companyId
    this.taskId = taskId
    this.agentId = agentId
    this.row = row
  }
}

/**
 * Rows of one kind that finding out whose a thing is has read already, for the query that shows it: one statement instead of two. Such
 * a row is as old as the call. Commands read again in their transaction.
 */
export function locatedRows<Row>() {
  class LocatedHere extends Located<Row> {}
  return {
    keep: (location: Location, row: Row): Location => new LocatedHere(location, row),
    /** The row of what a query is asked about. @throws for a query whose access names another kind of thing */
    of({ target }: QueryContext): Row {
      if (target instanceof LocatedHere) return target.row
      throw new Error('this query is not asked about such a thing')
    },
  }
}
