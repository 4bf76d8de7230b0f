import type { Migration } from '../migrate.ts'

// What several processes on one database need: a database that knows when it was restored, free slots and counts that
// need no counting.
export const migration0002: Migration = {
  id: '0002-many-processes',
  statements: [
    // One row. `identity` tells a database from a copy of it; `epoch` grows when it turns out to be one (PROMISES P24).
    `create table engine_instance (
      id {integer} primary key,
      epoch {integer} not null,
      identity text not null,
      constraint engine_instance_is_one check (id = 1)
    ) {table}`,
    `insert into engine_instance (id, epoch, identity) values (1, 1, 'new')`,

    `alter table events add column epoch {integer} not null default 1`,

    // How many leases an agent has, kept with them, so that two checkouts cannot take its last slot.
    `alter table agents add column live_runs {integer} not null default 0`,
    `update agents set live_runs =
      (select count(*) from leases where leases.company_id = agents.company_id and leases.agent_id = agents.id)`,

    // Lists go from page to page in the order of an index, whatever they are asked for.
    `drop index tasks_parent_index`,
    `create index tasks_parent_index on tasks (company_id, parent_id, id) where parent_id is not null`,
    `create index runs_status_index on runs (company_id, status, id)`,

    `drop index runs_queue_index`,
    `create index runs_queue_index on runs (company_id, agent_id, priority, id) where status = 'queued'`,
    `create index idempotency_age_index on idempotency_records (created_at)`,

    // Tasks by status, in as many rows as it takes for writers not to wait for each other; their sum is the count.
    `create table company_counters (
      company_id {uuid} not null references companies (id),
      shard {integer} not null,
      backlog {integer} not null,
      todo {integer} not null,
      in_progress {integer} not null,
      in_review {integer} not null,
      blocked {integer} not null,
      done {integer} not null,
      cancelled {integer} not null,
      primary key (company_id, shard)
    ) {table}`,
    `insert into company_counters (company_id, shard, backlog, todo, in_progress, in_review, blocked, done, cancelled)
      select company_id, 0,
        count(*) filter (where status = 'backlog'), count(*) filter (where status = 'todo'),
        count(*) filter (where status = 'in_progress'), count(*) filter (where status = 'in_review'),
        count(*) filter (where status = 'blocked'), count(*) filter (where status = 'done'),
        count(*) filter (where status = 'cancelled')
      from tasks group by company_id`,
  ],
}
