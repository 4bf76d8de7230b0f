import type { Migration } from '../migrate.ts'

// An agent that looks for work by itself, and when it does so next. Most have no schedule, and are in no index.
export const migration0035: Migration = {
  id: '0035-schedules-of-agents',
  statements: [
    `alter table agents add column schedule {json}`,
    `alter table agents add column wakes_at {time}`,
    `create index agents_wakes_index on agents (wakes_at) where wakes_at is not null`,
  ],
}
