import type { Migration } from '../migrate.ts'

// Values that only their key opens, where they go, and who got them.
export const migration0007: Migration = {
  id: '0007-secrets',
  statements: [
    `create table secrets (
      id {uuid} primary key,
      company_id {uuid} not null references companies (id),
      name text not null,
      name_key text not null,
      description text,
      status text not null,
      current_version {integer} not null,
      version {integer} not null,
      created_at {time} not null,
      updated_at {time} not null,
      constraint secrets_company_key unique (company_id, id),
      constraint secrets_name_key unique (company_id, name_key)
    ) {table}`,

    // Old values stay until they are destroyed; then nothing of them is left.
    `create table secret_versions (
      company_id {uuid} not null,
      secret_id {uuid} not null,
      number {integer} not null,
      status text not null,
      sealed text not null,
      created_by_kind text not null,
      created_by_id text not null,
      created_at {time} not null,
      destroyed_at {time},
      primary key (company_id, secret_id, number),
      constraint secret_versions_secret_fkey foreign key (company_id, secret_id) references secrets (company_id, id),
      constraint secret_versions_destroyed check ((status = 'destroyed') = (sealed = ''))
    ) {table}`,

    // `target_id` is the agent, the project or the company whose runs get it.
    `create table secret_uses (
      id {uuid} primary key,
      company_id {uuid} not null,
      secret_id {uuid} not null,
      kind text not null,
      target_id {uuid} not null,
      agent_id {uuid},
      project_id {uuid},
      place text not null,
      number {integer},
      created_at {time} not null,
      constraint secret_uses_secret_fkey foreign key (company_id, secret_id) references secrets (company_id, id),
      constraint secret_uses_agent_fkey foreign key (company_id, agent_id) references agents (company_id, id),
      constraint secret_uses_project_fkey foreign key (company_id, project_id) references projects (company_id, id),
      constraint secret_uses_have_their_target check (target_id = coalesce(agent_id, project_id, company_id))
    ) {table}`,
    `create index secret_uses_secret_index on secret_uses (company_id, secret_id, id)`,
    `create unique index secret_uses_place_key on secret_uses (company_id, target_id, kind, place)`,

    `create table secret_accesses (
      id {uuid} primary key,
      company_id {uuid} not null,
      secret_id {uuid} not null,
      number {integer},
      outcome text not null,
      run_id {uuid} not null,
      agent_id {uuid} not null,
      at {time} not null,
      constraint secret_accesses_secret_fkey foreign key (company_id, secret_id) references secrets (company_id, id),
      constraint secret_accesses_run_fkey foreign key (company_id, run_id) references runs (company_id, id)
    ) {table}`,
    `create index secret_accesses_secret_index on secret_accesses (company_id, secret_id, id)`,
  ],
}
