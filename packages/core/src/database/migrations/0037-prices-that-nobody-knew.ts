import type { Migration } from '../migrate.ts'

type Statement = Migration['statements'][number]

interface Place {
  readonly scope: string
  readonly subject: string
  /** With `{day}` for the UTC day. */
  readonly period: string
  readonly where?: string
}

const month = 'substr({day}, 1, 7)'

/** Counts anew what nobody knew the price of, in the sums of one scope: in one of the rows whose sum counts. */
function countAnew({ scope, subject, period, where = '1 = 1' }: Place): Statement {
  const text = (day: string) => `insert into cost_totals (company_id, scope, period, subject, billing_type, is_imputed, shard,
      events, unpriced, input_tokens, output_tokens, cached_input_tokens, cost_micros)
    select company_id, '${scope}', ${period.replace('{day}', day)}, ${subject}, billing_type, is_imputed, 0, 0, count(*), 0, 0, 0, 0
    from cost_events where is_unpriced = 1 and ${where} group by 1, 2, 3, 4, 5, 6
    on conflict (company_id, scope, period, subject, billing_type, is_imputed, shard) do update set unpriced = excluded.unpriced`
  return { sqlite: text('substr(occurred_at, 1, 10)'), postgres: text(`to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD')`) }
}

// Whether anybody knew what a cost comes to: before, whatever had tokens and cost nothing was taken for unpriced, also where a model is
// free. Only what runs say of themselves is recorded without a price. And a hold knows for which model it was taken.
export const migration0037: Migration = {
  id: '0037-prices-that-nobody-knew',
  statements: [
    `alter table cost_events add column is_unpriced {integer} not null default 0`,
    `update cost_events set is_unpriced = 1
      where company_id is not null and source = 'run' and cost_micros = 0 and input_tokens + output_tokens > 0`,
    `update cost_totals set unpriced = 0 where company_id is not null and unpriced <> 0`,
    countAnew({ scope: 'day', subject: `''`, period: '{day}' }),
    countAnew({ scope: 'month', subject: `''`, period: month }),
    countAnew({ scope: 'model', subject: `provider || ' ' || coalesce(model, '')`, period: month }),
    countAnew({ scope: 'agent', subject: 'cast(agent_id as text)', period: month, where: 'agent_id is not null' }),
    countAnew({ scope: 'project', subject: 'cast(project_id as text)', period: month, where: 'project_id is not null' }),
    countAnew({ scope: 'task', subject: 'cast(task_id as text)', period: `''`, where: 'task_id is not null' }),
    `alter table budget_holds add column provider text`,
    `alter table budget_holds add column model text`,
  ],
}
