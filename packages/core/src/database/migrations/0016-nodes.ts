import type { Migration } from '../migrate.ts'

// Machines that execute runs without the database: workers that registered with a key, and come with a token that does not last.
export const migration0016: Migration = {
  id: '0016-nodes',
  statements: [
    `create table node_keys (
      id {uuid} primary key,
      name text not null,
      prefix text not null,
      hash text not null,
      expires_at {time},
      revoked_at {time},
      created_by text not null,
      created_at {time} not null,
      constraint node_keys_hash_key unique (hash)
    ) {table}`,
    `alter table workers add column node_key_id {uuid} references node_keys (id)`,
    `alter table workers add column token_hash text`,
    `alter table workers add column token_expires_at {time}`,
    `create unique index workers_token_index on workers (token_hash) where token_hash is not null`,
  ],
}
