import { sql, type ExpressionBuilder, type Kysely, type RawBuilder } from 'kysely'

import type { CostTotal } from '../costs/totals.ts'
import { familyOf, tableOf } from '../database/open.ts'
import type { Database } from '../database/tables.ts'
import { countableSql } from '../kernel/countable.ts'
import { inRanges, type View, type Violation } from './check.ts'
import { companiesIn } from './figures.ts'

/** What is added up by, as a part of a statement on cost events. */
interface Place {
  readonly scope: string
  readonly period: RawBuilder<unknown>
  readonly subject: RawBuilder<unknown>
  readonly where: RawBuilder<unknown>
}

/** A company's sums are those of its costs, by each thing that they are kept by. */
export async function* costTotalsAddUpCosts({ db }: View): AsyncGenerator<Violation> {
  const rows = inRanges(db, 'companies', async (range) => wrongTotals(db, await companiesIn(db, range)))
  for await (const row of rows) {
    const what = `${row.scope} ${row.period} ${row.subject}`.trimEnd()
    const problem = `the sum of ${what} (${row.billing_type}) is ${row.cost_micros} micro-dollars and ${row.events} events more than its costs`
    yield { companyId: row.company_id, entity: 'company', id: row.company_id, problem }
  }
}

/** By how much sums are more than the costs that they are of: by one statement, since both change together. */
export async function wrongTotals(
  db: Kysely<Database>,
  companyIds: readonly string[],
): Promise<readonly (CostTotal & { company_id: string })[]> {
  if (companyIds.length === 0) return []
  const ids = sql.join(companyIds.map((id) => sql`${id}`))
  const parts = places(db).map((place) => ofEvents(db, { ids, place }))
  const amounts = ['events', 'unpriced', 'input_tokens', 'output_tokens', 'cached_input_tokens', 'cost_micros'].map((name) => sql.ref(name))
  const summed = sql.join(amounts.map((amount) => sql`sum(${amount}) as ${amount}`))
  const unequal = sql.join(
    amounts.map((amount) => sql`sum(${amount}) <> 0`),
    sql` or `,
  )
  const { rows } = await sql<CostTotal & { company_id: string }>`
    select company_id, scope, period, subject, billing_type, is_imputed, ${summed} from (
      select company_id, scope, period, subject, billing_type, is_imputed, ${sql.join(amounts)}
      from ${tableOf(db, 'cost_totals')} where company_id in (${ids})
      union all ${sql.join(parts, sql` union all `)}
    ) as figures group by company_id, scope, period, subject, billing_type, is_imputed having ${unequal}`.execute(db)
  return rows
}

/** What the sums of a place are to be, taken off. */
function ofEvents(db: Kysely<Database>, { ids, place }: { ids: RawBuilder<unknown>; place: Place }): RawBuilder<unknown> {
  return sql`select company_id, ${sql.lit(place.scope)}, ${place.period}, ${place.subject}, billing_type, is_imputed, -1,
      -is_unpriced, -input_tokens, -output_tokens, -cached_input_tokens, -cost_micros
    from ${tableOf(db, 'cost_events')} where company_id in (${ids}) and ${place.where}`
}

function places(db: Kysely<Database>): readonly Place[] {
  const day = familyOf(db) === 'postgres' ? sql`to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD')` : sql`substr(occurred_at, 1, 10)`
  const month = sql`substr(${day}, 1, 7)`
  const of = (scope: 'agent' | 'project' | 'task', period: RawBuilder<unknown>): Place => {
    const column = sql.ref(`${scope}_id`)
    return { scope, period, subject: sql`cast(${column} as text)`, where: sql`${column} is not null` }
  }
  const whole = { subject: sql`''`, where: sql`1 = 1` }
  return [
    { scope: 'day', period: day, ...whole },
    { scope: 'month', period: month, ...whole },
    { scope: 'model', period: month, subject: sql`provider || ' ' || coalesce(model, '')`, where: sql`1 = 1` },
    of('agent', month),
    of('project', month),
    of('task', sql`''`),
  ]
}

/** What a run consumed is what its costs come to. */
export async function* runsAddUpTheirCosts({ db }: View): AsyncGenerator<Violation> {
  const rows = inRanges(db, 'runs', ({ above, upTo }) =>
    db
      .selectFrom('runs')
      .select((e) => ['company_id', 'id', 'cost_micros', countableSql(sql`${costsOfRun(e, 'cost_micros')}`).as('of_costs')])
      .where('id', '>', above)
      .where('id', '<=', upTo)
      .where((e) => e.or(consumed.map((column) => e(column, '!=', countableSql(sql`${costsOfRun(e, column)}`)))))
      .execute(),
  )
  for await (const row of rows) {
    const problem = `it consumed ${row.cost_micros} micro-dollars, but its costs come to ${row.of_costs}, or its tokens differ`
    yield { companyId: row.company_id, entity: 'run', id: row.id, problem }
  }
}

const consumed = ['cost_micros', 'input_tokens', 'output_tokens', 'cached_input_tokens'] as const

/** What the costs of a run come to, as a part of a statement on runs. */
function costsOfRun(e: ExpressionBuilder<Database, 'runs'>, column: (typeof consumed)[number]) {
  return e
    .selectFrom('cost_events')
    .select((cost) => cost.fn.coalesce(cost.fn.sum<number>(`cost_events.${column}`), sql.lit(0)).as('sum'))
    .whereRef('cost_events.company_id', '=', 'runs.company_id')
    .whereRef('cost_events.run_id', '=', 'runs.id')
}
