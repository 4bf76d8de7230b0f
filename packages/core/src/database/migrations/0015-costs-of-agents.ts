import type { Migration } from '../migrate.ts'

// What the runs of an agent cost in all, and how much of it before its present month: shown without adding runs up.
export const migration0015: Migration = {
  id: '0015-costs-of-agents',
  statements: [
    `alter table agents add column cost_micros {integer} not null default 0`,
    `alter table agents add column cost_month text`,
    `alter table agents add column cost_before_month {integer} not null default 0`,
    `update agents set cost_micros = coalesce((select sum(runs.cost_micros) from runs
      where runs.company_id = agents.company_id and runs.agent_id = agents.id), 0)`,
    `update agents set cost_before_month = cost_micros where company_id is not null`,
  ],
}
