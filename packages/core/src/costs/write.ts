import { sql, type Transaction } from 'kysely'

import { changeColumns, changesIn, exchange, isUnchanged, toChanges, type PeriodChange } from '../budgets/sql.ts'
import { familyOf, tableOf } from '../database/open.ts'
import { first, rawStatement, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { appending, noRouteListens, sequenced, toDocument } from '../events/sql.ts'
import type { AnyEvent, Unsequenced } from '../kernel/events.ts'
import { insertCostEvents } from './sql.ts'
import type { CostEventTable } from './table.ts'
import { addition, addTotals, fromDocument, totalsOf } from './totals.ts'

interface Costs {
  readonly companyId: string
  readonly rows: readonly CostEventTable[]
  /** What becomes of the periods of budgets when all of these costs are new, as it was foreseen. */
  readonly changes: readonly PeriodChange[]
  /** What is written in the log when all went as it was foreseen, and no route listens: an event of each cost. */
  readonly events?: readonly Unsequenced[]
  readonly epoch?: number
}

interface Written {
  /** The ids of those that their sources have not told of before. */
  readonly added: ReadonlySet<string>
  /** Whether the periods were what was foreseen, and all of them are changed; else none of them is. */
  readonly isCharged: boolean
  /** The events in their places in the log: all that were given, or none. */
  readonly logged: readonly AnyEvent[]
}

interface Given {
  companyId: string
  closedBy: ''
  epoch: number
  events: string
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
    input_tokens, output_tokens, cached_input_tokens, cost_micros, is_imputed, is_unpriced, billing_type, occurred_at, created_at`
  return rawStatement<{ id: string; changed: number; seq: number | null }>(
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
        where p.company_id = ${given.companyId} and ${isUnchanged} and (select count(*) from same) = (select count(*) from n) returning 1),
      logged as (${appending(db, given)} where (select count(*) from added) = ${given.count}
          and (select count(*) from changed) = (select count(*) from n) and ${noRouteListens(db, sql`${given.companyId}::uuid`, ['cost.recorded'])}
        returning entity_id, seq)
      select added.id, (select count(*) from changed) as changed, logged.seq from added left join logged on logged.entity_id = added.id`,
  )
})

/** Adds costs and what they add to the sums; charges budgets, if nobody came in between since that was foreseen, and then tells it. */
export async function writeCosts(tx: Transaction<Database>, costs: Costs): Promise<Written> {
  const { companyId, rows, changes, events = [], epoch = 0 } = costs
  if (familyOf(tx) === 'sqlite') {
    const added = await insertCostEvents(tx, rows)
    await addTotals(tx, companyId, totalsOf(rows.filter(({ id }) => added.has(id))))
    return { added, isCharged: false, logged: [] }
  }
  const totals = JSON.stringify(totalsOf(rows))
  // A bill may come late to a company that was archived meanwhile.
  const log = { events: JSON.stringify(events.map(toDocument)), epoch, closedBy: '' as const }
  const given = { companyId, ...log, rows: JSON.stringify(rows), count: rows.length, totals, changes: toChanges(changes) }
  const written = await writeAll(tx, given)
  const added = new Set(written.map(({ id }) => id))
  if (added.size < rows.length) await addTotals(tx, companyId, totalsOf(rows.filter(({ id }) => added.has(id))))
  const seqs = new Map(written.flatMap(({ id, seq }) => (seq === null ? [] : [[id, seq]])))
  const logged = events.flatMap((event) => {
    const seq = seqs.get(event.entity.id)
    return seq === undefined ? [] : [sequenced(event, seq)]
  })
  return { added, isCharged: added.size === rows.length && first(written)?.changed === changes.length, logged }
}
