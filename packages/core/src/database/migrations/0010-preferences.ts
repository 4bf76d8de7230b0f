import type { Migration } from '../migrate.ts'

// What a company, a project, an agent, a task or a person prefers, by key.
export const migration0010: Migration = {
  id: '0010-preferences',
  statements: [
    // scope_id is text: hosts name people as they like.
    `create table preferences (
      id {uuid} primary key,
      company_id {uuid} not null references companies (id),
      scope text not null,
      scope_id text not null,
      key text not null,
      value {json} not null,
      version {integer} not null,
      created_at {time} not null,
      updated_at {time} not null,
      constraint preferences_company_key unique (company_id, id),
      constraint preferences_scope_key unique (company_id, scope, scope_id, key)
    ) {table}`,
    `create index preferences_scope_index on preferences (company_id, scope, scope_id, id)`,
  ],
}
