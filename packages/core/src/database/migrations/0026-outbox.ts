import type { Migration } from '../migrate.ts'

// Sending changes a delivery twice, so what that costs is what its row costs: a claim touches no index, an arrival few, and a try no other table.
export const migration0026: Migration = {
  id: '0026-outbox',
  statements: [
    `alter table deliveries add column claimed_until {time}`,
    `alter table deliveries add column last_try {json}`,
    // Room on each page for all of its rows as they are claimed, without which Postgres writes a claim to every index.
    { postgres: `alter table deliveries set (fillfactor = 45)` },

    // The constraint deliveries_company_key has an index of the same columns.
    `drop index deliveries_list_index`,
    // Nearly all have arrived, and lists of those need no index of their own.
    `drop index deliveries_status_index`,
    `create index deliveries_status_index on deliveries (company_id, status, id) where status <> 'delivered'`,
    `drop index deliveries_route_status_index`,
    `create index deliveries_route_status_index on deliveries (company_id, route_id, status, id) where status <> 'delivered'`,
  ],
}
