import type { Migration } from '../migrate.ts'

type Statement = Migration['statements'][number]

const amounts = 'events, unpriced, input_tokens, output_tokens, cached_input_tokens, cost_micros'

/** The sums of all costs that are there, of one scope. */
function addUp(scope: string, { subject, period, where }: { subject: string; period: string; where: string }): Statement {
  const text = (day: string) => `insert into cost_totals (company_id, scope, period, subject, billing_type, is_imputed, shard, ${amounts})
    select company_id, '${scope}', ${period.replace('{day}', day)}, ${subject}, billing_type, is_imputed, 0, count(*),
      sum(case when cost_micros = 0 and input_tokens + output_tokens > 0 then 1 else 0 end),
      sum(input_tokens), sum(output_tokens), sum(cached_input_tokens), sum(cost_micros)
    from cost_events where ${where} group by 1, 2, 3, 4, 5, 6`
  return { sqlite: text('substr(occurred_at, 1, 10)'), postgres: text(`to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD')`) }
}

// What was spent, for what and by whom, once for each event of its source; and the sums that every view of it is read from, which
// take the place of those that an agent had.
export const migration0018: Migration = {
  id: '0018-costs',
  statements: [
    `create table cost_events (
      id {uuid} primary key,
      company_id {uuid} not null references companies (id),
      source text not null,
      source_event_id text not null,
      run_id {uuid},
      task_id {uuid},
      project_id {uuid},
      goal_id {uuid},
      agent_id {uuid},
      adapter text,
      provider text not null,
      model text,
      input_tokens {integer} not null,
      output_tokens {integer} not null,
      cached_input_tokens {integer} not null,
      cost_micros {integer} not null,
      is_imputed {integer} not null,
      billing_type text not null,
      occurred_at {time} not null,
      created_at {time} not null,
      constraint cost_events_source_key unique (company_id, source, source_event_id),
      constraint cost_events_amounts_check check (input_tokens >= 0 and output_tokens >= 0 and cached_input_tokens >= 0 and cost_micros >= 0),
      constraint cost_events_run_fkey foreign key (company_id, run_id) references runs (company_id, id),
      constraint cost_events_task_fkey foreign key (company_id, task_id) references tasks (company_id, id),
      constraint cost_events_project_fkey foreign key (company_id, project_id) references projects (company_id, id),
      constraint cost_events_goal_fkey foreign key (company_id, goal_id) references goals (company_id, id),
      constraint cost_events_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id)
    ) {table}`,
    `create index cost_events_time_index on cost_events (company_id, occurred_at, id)`,
    `create index cost_events_run_index on cost_events (company_id, run_id, occurred_at, id) where run_id is not null`,
    `create index cost_events_task_index on cost_events (company_id, task_id, occurred_at, id) where task_id is not null`,
    `create index cost_events_project_index on cost_events (company_id, project_id, occurred_at, id) where project_id is not null`,
    `create index cost_events_agent_index on cost_events (company_id, agent_id, occurred_at, id) where agent_id is not null`,
    // In several rows where many write at the same time, whose sum counts.
    `create table cost_totals (
      company_id {uuid} not null references companies (id),
      scope text not null,
      period text not null,
      subject text not null,
      billing_type text not null,
      is_imputed {integer} not null,
      shard {integer} not null,
      events {integer} not null,
      unpriced {integer} not null,
      input_tokens {integer} not null,
      output_tokens {integer} not null,
      cached_input_tokens {integer} not null,
      cost_micros {integer} not null,
      primary key (company_id, scope, period, subject, billing_type, is_imputed, shard)
    ) {table}`,
    // How far the counters of a conversation that goes on over several runs are charged.
    `create table session_charges (
      company_id {uuid} not null,
      agent_id {uuid} not null,
      task_id {uuid} not null,
      subject text not null,
      run_id {uuid} not null,
      fence {integer} not null,
      input_tokens {integer} not null,
      output_tokens {integer} not null,
      cached_input_tokens {integer} not null,
      cost_micros {integer} not null,
      primary key (company_id, agent_id, task_id, subject),
      constraint session_charges_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id),
      constraint session_charges_task_fkey foreign key (company_id, task_id) references tasks (company_id, id)
    ) {table}`,
    // What runs consumed before this: nobody knows of which model.
    `insert into cost_events (id, company_id, source, source_event_id, run_id, task_id, project_id, agent_id, adapter, provider,
        input_tokens, output_tokens, cached_input_tokens, cost_micros, is_imputed, billing_type, occurred_at, created_at)
      select runs.id, runs.company_id, 'run', cast(runs.id as text) || '/0/earlier', runs.id, runs.task_id, tasks.project_id, runs.agent_id,
        runs.adapter_type, coalesce(nullif(runs.adapter_provider, ''), runs.adapter_type, 'unknown'), runs.input_tokens,
        runs.output_tokens, runs.cached_input_tokens, runs.cost_micros, 0, 'unknown', coalesce(runs.finished_at, runs.updated_at),
        runs.updated_at
      from runs join tasks on tasks.company_id = runs.company_id and tasks.id = runs.task_id
      where runs.cost_micros > 0 or runs.input_tokens > 0 or runs.output_tokens > 0 or runs.cached_input_tokens > 0`,
    addUp('day', { subject: `''`, period: '{day}', where: '1 = 1' }),
    addUp('month', { subject: `''`, period: 'substr({day}, 1, 7)', where: '1 = 1' }),
    addUp('agent', { subject: 'cast(agent_id as text)', period: 'substr({day}, 1, 7)', where: 'agent_id is not null' }),
    addUp('project', { subject: 'cast(project_id as text)', period: 'substr({day}, 1, 7)', where: 'project_id is not null' }),
    addUp('model', { subject: `provider || ' ' || coalesce(model, '')`, period: 'substr({day}, 1, 7)', where: '1 = 1' }),
    addUp('task', { subject: 'cast(task_id as text)', period: `''`, where: 'task_id is not null' }),
    `alter table agents drop column cost_micros`,
    `alter table agents drop column cost_month`,
    `alter table agents drop column cost_before_month`,
  ],
}
