import type { Migration } from '../migrate.ts'

// Limits on what is spent, what of them is used in each period, what is held for calls that are under way, and what was stopped at one.
export const migration0017: Migration = {
  id: '0017-budgets',
  statements: [
    // scope_id repeats the link that is set, or the company, so that all budgets over a thing are found by one list of ids.
    `create table budgets (
      id {uuid} primary key,
      company_id {uuid} not null references companies (id),
      scope text not null,
      scope_id {uuid} not null,
      project_id {uuid},
      agent_id {uuid},
      task_id {uuid},
      time_window text not null,
      metric text not null,
      limit_amount {integer} not null,
      warn_percent {integer} not null,
      is_hard {integer} not null,
      removed_at {time},
      version {integer} not null,
      created_at {time} not null,
      updated_at {time} not null,
      constraint budgets_company_key unique (company_id, id),
      constraint budgets_project_fkey foreign key (company_id, project_id) references projects (company_id, id),
      constraint budgets_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id),
      constraint budgets_task_fkey foreign key (company_id, task_id) references tasks (company_id, id),
      constraint budgets_of_one_scope check (
        (scope = 'company' and scope_id = company_id and project_id is null and agent_id is null and task_id is null)
        or (scope = 'project' and project_id = scope_id and agent_id is null and task_id is null)
        or (scope = 'agent' and agent_id = scope_id and project_id is null and task_id is null)
        or (scope = 'task' and task_id = scope_id and project_id is null and agent_id is null)),
      constraint budgets_limit_check check (limit_amount >= 0)
    ) {table}`,
    `create unique index budgets_scope_key on budgets (company_id, scope_id, time_window, metric) where removed_at is null`,
    `create index budgets_list_index on budgets (company_id, id) where removed_at is null`,
    `create index budgets_scope_index on budgets (company_id, scope, id) where removed_at is null`,
    `create index budgets_hard_index on budgets (company_id) where removed_at is null and is_hard = 1`,

    // Only what was spent already, or a limit that was lowered, makes an excess: what asks before it spends stays within the limit.
    `create table budget_periods (
      company_id {uuid} not null,
      budget_id {uuid} not null,
      starts_at {time} not null,
      ends_at {time},
      limit_amount {integer} not null,
      is_hard {integer} not null,
      spent {integer} not null,
      held {integer} not null,
      excess {integer} not null,
      is_warned {integer} not null,
      primary key (company_id, budget_id, starts_at),
      constraint budget_periods_budget_fkey foreign key (company_id, budget_id) references budgets (company_id, id),
      constraint budget_periods_counts_check check (spent >= 0 and held >= 0 and excess >= 0),
      constraint budget_periods_limit_check check (is_hard = 0 or spent + held <= limit_amount + excess)
    ) {table}`,

    `create table budget_holds (
      id {uuid} primary key,
      company_id {uuid} not null,
      run_id {uuid} not null,
      agent_id {uuid} not null,
      project_id {uuid},
      task_id {uuid} not null,
      kind text not null,
      status text not null,
      cost_micros {integer},
      tokens {integer},
      wall_ms {integer},
      admitted_at {time} not null,
      ended_at {time},
      version {integer} not null,
      constraint budget_holds_company_key unique (company_id, id),
      constraint budget_holds_run_fkey foreign key (company_id, run_id) references runs (company_id, id)
    ) {table}`,
    `create index budget_holds_open_index on budget_holds (company_id, run_id) where status = 'open'`,

    `create table budget_hold_lines (
      company_id {uuid} not null,
      hold_id {uuid} not null,
      budget_id {uuid} not null,
      starts_at {time} not null,
      amount {integer} not null,
      primary key (company_id, hold_id, budget_id),
      constraint budget_hold_lines_hold_fkey foreign key (company_id, hold_id) references budget_holds (company_id, id),
      constraint budget_hold_lines_period_fkey foreign key (company_id, budget_id, starts_at)
        references budget_periods (company_id, budget_id, starts_at),
      constraint budget_hold_lines_amount_check check (amount >= 0)
    ) {table}`,

    // What keeps work from starting: the key makes it one for each budget, however many reach the limit at once.
    `create table budget_stops (
      company_id {uuid} not null,
      budget_id {uuid} not null,
      scope_id {uuid} not null,
      starts_at {time} not null,
      ends_at {time},
      created_at {time} not null,
      primary key (company_id, budget_id),
      constraint budget_stops_budget_fkey foreign key (company_id, budget_id) references budgets (company_id, id)
    ) {table}`,
    `create index budget_stops_scope_index on budget_stops (company_id, scope_id)`,
    `create index budget_stops_ends_index on budget_stops (ends_at) where ends_at is not null`,

    `create table budget_incidents (
      id {uuid} primary key,
      company_id {uuid} not null,
      budget_id {uuid} not null,
      starts_at {time} not null,
      status text not null,
      resolution text,
      limit_amount {integer} not null,
      spent {integer} not null,
      held {integer} not null,
      approval_id {uuid},
      resolved_by_kind text,
      resolved_by_id text,
      resolved_at {time},
      version {integer} not null,
      created_at {time} not null,
      updated_at {time} not null,
      constraint budget_incidents_company_key unique (company_id, id),
      constraint budget_incidents_budget_fkey foreign key (company_id, budget_id) references budgets (company_id, id),
      constraint budget_incidents_approval_fkey foreign key (company_id, approval_id) references approvals (company_id, id)
    ) {table}`,
    `create unique index budget_incidents_open_key on budget_incidents (company_id, budget_id) where status = 'open'`,
    `create index budget_incidents_list_index on budget_incidents (company_id, id)`,
    `create index budget_incidents_status_index on budget_incidents (company_id, status, id)`,

    `alter table runs add column is_budgeted {integer} not null default 0`,
    `alter table agents add column max_cost_micros_per_run {integer}`,
  ],
}
