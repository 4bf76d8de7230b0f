import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely'

import { tableOf } from '../database/open.ts'
import { rawStatement, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { countable } from '../kernel/countable.ts'
import { centsOf, type Amounts, type CostEventTable, type CostTotalTable, type TotalScope } from './table.ts'
import type { Spent } from './schema.ts'

export type CostTotal = Omit<CostTotalTable, 'company_id' | 'shard'>

/** How many rows a sum that a whole company writes to is spread over on Postgres, so that its writers seldom wait for each other. */
const shards = 16

/** What a model is told apart by. Pure. */
export function modelKey({ provider, model }: { provider: string; model: string | null }): string {
  return `${provider} ${model ?? ''}`
}

type Counted = Pick<
  CostEventTable,
  'agent_id' | 'project_id' | 'task_id' | 'provider' | 'model' | 'billing_type' | 'is_imputed' | 'is_unpriced' | 'occurred_at'
> &
  Omit<Amounts, 'events' | 'unpriced'>

/** What events add to the sums, in one order, so that no two transactions wait for each other. Pure. */
export function totalsOf(events: readonly Counted[]): CostTotal[] {
  const totals = new Map<string, CostTotal>()
  for (const event of events) {
    for (const [scope, period, subject] of placesOf(event)) {
      const key = JSON.stringify([scope, period, subject, event.billing_type, event.is_imputed])
      const known = totals.get(key) ?? blank({ scope, period, subject, billing_type: event.billing_type, is_imputed: event.is_imputed })
      totals.set(key, plus(known, event))
    }
  }
  return [...totals].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, total]) => total)
}

/** The UTC day is the first part of a time. */
function placesOf(event: Counted): [scope: TotalScope, period: string, subject: string][] {
  const [day, month] = [event.occurred_at.slice(0, 10), event.occurred_at.slice(0, 7)]
  const places: [TotalScope, string, string][] = [
    ['day', day, ''],
    ['month', month, ''],
    ['model', month, modelKey(event)],
  ]
  if (event.agent_id !== null) places.push(['agent', month, event.agent_id])
  if (event.project_id !== null) places.push(['project', month, event.project_id])
  if (event.task_id !== null) places.push(['task', '', event.task_id])
  return places
}

function blank(place: Omit<CostTotal, keyof Amounts>): CostTotal {
  return { ...place, events: 0, unpriced: 0, input_tokens: 0, output_tokens: 0, cached_input_tokens: 0, cost_micros: 0 }
}

function plus(total: CostTotal, event: Counted): CostTotal {
  return {
    ...total,
    events: total.events + 1,
    unpriced: total.unpriced + event.is_unpriced,
    input_tokens: total.input_tokens + event.input_tokens,
    output_tokens: total.output_tokens + event.output_tokens,
    cached_input_tokens: total.cached_input_tokens + event.cached_input_tokens,
    cost_micros: total.cost_micros + event.cost_micros,
  }
}

interface Given {
  companyId: string
  totals: string
}

const add = statement((db, given: Given, family) =>
  rawStatement<never>(db, family === 'postgres' ? addition(db, fromDocument(given)) : addition(db, fromJson(given))),
)

/** Adds rows to the sums, as a part of a statement. */
export function addition(db: Kysely<Database>, rows: RawBuilder<unknown>): RawBuilder<never> {
  const amounts = sql`events, unpriced, input_tokens, output_tokens, cached_input_tokens, cost_micros`
  return sql`insert into ${tableOf(db, 'cost_totals')} as known (company_id, scope, period, subject, billing_type, is_imputed, shard, ${amounts})
    ${rows}
    on conflict (company_id, scope, period, subject, billing_type, is_imputed, shard) do update set
      events = known.events + excluded.events, unpriced = known.unpriced + excluded.unpriced,
      input_tokens = known.input_tokens + excluded.input_tokens, output_tokens = known.output_tokens + excluded.output_tokens,
      cached_input_tokens = known.cached_input_tokens + excluded.cached_input_tokens,
      cost_micros = known.cost_micros + excluded.cost_micros`
}

/** Agents and tasks have few writers at a time, and are many: one row each. */
export function fromDocument(given: Given): RawBuilder<unknown> {
  return sql`select ${given.companyId}::uuid, scope, period, subject, billing_type, is_imputed,
      case when scope in ('agent', 'task') then 0 else pg_backend_pid() % ${sql.lit(shards)} end,
      events, unpriced, input_tokens, output_tokens, cached_input_tokens, cost_micros
    from jsonb_to_recordset(${given.totals}::jsonb) as t (scope text, period text, subject text, billing_type text, is_imputed bigint,
      events bigint, unpriced bigint, input_tokens bigint, output_tokens bigint, cached_input_tokens bigint, cost_micros bigint)`
}

function fromJson(given: Given): RawBuilder<unknown> {
  // Without the condition SQLite takes what follows for one of a join.
  return sql`select ${given.companyId}, value ->> 'scope', value ->> 'period', value ->> 'subject', value ->> 'billing_type',
      value ->> 'is_imputed', 0, value ->> 'events', value ->> 'unpriced', value ->> 'input_tokens', value ->> 'output_tokens',
      value ->> 'cached_input_tokens', value ->> 'cost_micros'
    from json_each(${given.totals}) where true`
}

/** Changes a company's sums; changes of several transactions add up, whatever their order. */
export async function addTotals(tx: Transaction<Database>, companyId: string, totals: readonly CostTotal[]): Promise<void> {
  if (totals.length > 0) await add(tx, { companyId, totals: JSON.stringify(totals) })
}

/** Sums of rows, real and imputed apart, as a part of a statement; `cost` is what to order by. */
export const sums = [
  sql<number>`sum(case when is_imputed = 0 then cost_micros else 0 end)`.as('micros'),
  sql<number>`sum(case when is_imputed = 0 then 0 else cost_micros end)`.as('imputed'),
  sql<number>`sum(cost_micros)`.as('cost'),
  sql<number>`sum(events)`.as('events'),
  sql<number>`sum(unpriced)`.as('unpriced'),
  sql<number>`sum(input_tokens)`.as('input'),
  sql<number>`sum(output_tokens)`.as('output'),
  sql<number>`sum(cached_input_tokens)`.as('cached'),
] as const

export interface Sums {
  readonly micros: number | null
  readonly imputed: number | null
  readonly events: number | null
  readonly unpriced: number | null
  readonly input: number | null
  readonly output: number | null
  readonly cached: number | null
}

/** Pure. */
export function toSpent(row: Sums | null | undefined): Spent {
  const costMicros = countable(row?.micros ?? 0)
  return {
    costMicros,
    costCents: centsOf(costMicros),
    imputedMicros: countable(row?.imputed ?? 0),
    inputTokens: countable(row?.input ?? 0),
    outputTokens: countable(row?.output ?? 0),
    cachedInputTokens: countable(row?.cached ?? 0),
    events: row?.events ?? 0,
    unpricedEvents: row?.unpriced ?? 0,
  }
}

/** What a company spent in each of its days or months, by how it is billed. Both ends are included. */
export const spentIn = statement((db, given: { companyId: string; scope: TotalScope; from: string; to: string }) =>
  db
    .selectFrom('cost_totals')
    .select(['period', 'billing_type', ...sums])
    .where('company_id', '=', given.companyId)
    .where('scope', '=', given.scope)
    .where('period', '>=', given.from)
    .where('period', '<=', given.to)
    .groupBy(['period', 'billing_type']),
)

/** Every month there is. */
export const allTime = { from: '0000-01', to: '9999-12' } as const

/** Sums of sums. Pure. */
export function sumOf(rows: readonly Sums[]): Sums {
  const sum = (key: keyof Sums) => rows.reduce((total, row) => total + (row[key] ?? 0), 0)
  return {
    micros: sum('micros'),
    imputed: sum('imputed'),
    events: sum('events'),
    unpriced: sum('unpriced'),
    input: sum('input'),
    output: sum('output'),
    cached: sum('cached'),
  }
}
