import type { Migration } from '../migrate.ts'

// Providers that let nobody work for a while; which adapter a run was given, and why; when a task last came further.
export const migration0013: Migration = {
  id: '0013-provider-breakers',
  statements: [
    // One for each adapter of a company, and for each provider where the adapter has several; '' where it has one.
    `create table breakers (
      id {uuid} primary key,
      company_id {uuid} not null references companies (id),
      adapter_type text not null,
      provider text not null,
      status text not null,
      failures {integer} not null,
      failure_class text,
      reason text,
      opened_at {time},
      cools_until {time},
      probe_run_id {uuid},
      version {integer} not null,
      created_at {time} not null,
      updated_at {time} not null,
      constraint breakers_company_key unique (company_id, id),
      constraint breakers_provider_key unique (company_id, adapter_type, provider)
    ) {table}`,
    `create index breakers_status_index on breakers (company_id, status, id)`,
    `create index breakers_open_index on breakers (company_id) where status <> 'closed'`,
    `create index breakers_probe_index on breakers (company_id, probe_run_id) where probe_run_id is not null`,
    `alter table runs add column adapter_type text`,
    `alter table runs add column adapter_provider text`,
    `alter table runs add column adapter_place text`,
    `alter table runs add column adapter_reason text`,
    `alter table tasks add column moved_at {time}`,
  ],
}
