import type { Migration } from '../migrate.ts'

// What agents elsewhere say of their runs by calls of their own, until the worker that executes the run has read it.
export const migration0036: Migration = {
  id: '0036-callbacks-of-runs',
  statements: [
    `create table run_callbacks (
      company_id {uuid} not null,
      run_id {uuid} not null,
      sequence {integer} not null,
      delivery_id text not null,
      body text not null,
      received_at {time} not null,
      primary key (company_id, run_id, sequence),
      constraint run_callbacks_delivery_key unique (company_id, run_id, delivery_id),
      constraint run_callbacks_run_fkey foreign key (company_id, run_id) references runs (company_id, id)
    ) {table}`,
    `create index run_callbacks_received_index on run_callbacks (received_at)`,
  ],
}
