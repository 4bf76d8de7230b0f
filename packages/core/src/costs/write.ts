import { sql, type Transaction } from 'kysely'

import { changeColumns, changesIn, exchange, isUnchanged, toChanges, type PeriodChange } from '../budgets/sql.ts'
import { familyOf, tableOf } from '../database/open.ts'
import { first, rawStatement, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { insertCostEvents } from './sql.ts'
import type { CostEventTable } from './table.ts'
import { addition, addTotals, fromDocument, totalsOf } from './totals.ts'

interface Costs {
  readonly companyId: string
  readonly rows: readonly CostEventTable[]
  /** What becomes of the periods of budgets when all of these costs are new, as it was foreseen. */
  readonly changes: readonly PeriodChange[]
}

interface Written {
  /** The ids of those that their sources have not told of before. */
  readonly added: ReadonlySet<string>
  /** Whether the periods were what was foreseen, and all of them are changed; else none of them is. */
  readonly isCharged: boolean
}

interface Given {
  companyId: string
  rows: string
  count: number
  totals: string
  changes: string
}

// A round trip away, all goes in one statement. Sums and periods change only where all of the costs are new, for they were worked out
// from all of them. Rows are locked in the order of the other commands: costs, sums, then periods by their budgets. A period that
// somebody changed meanwhile is not what it was, so none is changed.
const writeAll = statement((db, given: Given) => {
  const [events, periods] = [tableOf(db, 'cost_events'), tableOf(db, 'budget_periods')]
  const columns = sql`id, company_id, source, source_event_id, run_id, task_id, project_id, goal_id, agent_id, adapter, provider, model,
    input_tokens, output_tokens, cached_input_tokens, cost_micros, is_imputed, billing_type, occurred_at, created_at`
  return rawStatement<{ id: string; changed: number }>(
    db,
    sql`with added as (insert into ${events} (${columns})
        select ${columns} from jsonb_populate_recordset(null::${events}, ${given.rows}::jsonb)
        on conflict (company_id, source, source_event_id) do nothing returning id),
      summed as (${addition(db, sql`${fromDocument(given)} where (select count(*) from added) = ${given.count}`)} returning 1),
      n (${changeColumns}) as (${changesIn(given)}),
      same as materialized (select p.budget_id, p.starts_at from ${periods} p join n on ${isUnchanged}
        where p.company_id = ${given.companyId} and (select count(*) from summed) > 0
        order by p.budget_id, p.starts_at for no key update of p),
      changed as (update ${periods} as p ${exchange} from n
        where p.company_id = ${given.companyId} and ${isUnchanged} and (select count(*) from same) = (select count(*) from n) returning 1)
      select id, (select count(*) from changed) as changed from added`,
  )
})

/** Adds costs and what they add to the sums; and charges budgets, if nobody came in between since that was foreseen. */
export async function writeCosts(tx: Transaction<Database>, { companyId, rows, changes }: Costs): Promise<Written> {
  if (familyOf(tx) === 'sqlite') {
    const added = await insertCostEvents(tx, rows)
    await addTotals(tx, companyId, totalsOf(rows.filter(({ id }) => added.has(id))))
    return { added, isCharged: false }
  }
  const totals = JSON.stringify(totalsOf(rows))
  const given = { companyId, rows: JSON.stringify(rows), count: rows.length, totals, changes: toChanges(changes) }
  const written = await writeAll(tx, given)
  const added = new Set(written.map(({ id }) => id))
  if (added.size < rows.length) await addTotals(tx, companyId, totalsOf(rows.filter(({ id }) => added.has(id))))
  return { added, isCharged: added.size === rows.length && first(written)?.changed === changes.length }
}
