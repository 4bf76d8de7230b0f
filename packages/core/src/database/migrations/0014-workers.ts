import type { Migration } from '../migrate.ts'

// Which processes execute runs, and how they are. They belong to the installation: they execute the runs of all companies.
export const migration0014: Migration = {
  id: '0014-workers',
  statements: [
    `create table workers (
      id {uuid} primary key,
      name text not null,
      host text not null,
      pid {integer} not null,
      engine_version text not null,
      adapters {json} not null,
      capacity {integer} not null,
      status text not null check (status in ('active', 'draining', 'stopped')),
      changed_by text not null,
      changed_at {time} not null,
      started_at {time} not null,
      seen_at {time} not null
    ) {table}`,
    `create index workers_seen_index on workers (seen_at)`,
    // Which leases a worker has: asked for with each list of workers, and when others may have ended some of its runs.
    `create index leases_worker_index on leases (worker_id)`,
  ],
}
