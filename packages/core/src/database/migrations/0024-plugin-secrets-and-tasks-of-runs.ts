import type { Migration } from '../migrate.ts'
import { companyLink } from './company-link.ts'

// Which secrets the configuration of a plugin names, and which values it wanted; and how many tasks a run has made.
export const migration0024: Migration = {
  id: '0024-plugin-secrets-and-tasks-of-runs',
  statements: [
    ...companyLink({ table: 'secret_uses', column: 'plugin_id', parent: 'plugins' }),
    `create index secret_uses_plugin_index on secret_uses (company_id, plugin_id) where plugin_id is not null`,
    ...companyLink({ table: 'secret_accesses', column: 'plugin_id', parent: 'plugins' }),
    `alter table leases add column tasks_made {integer} not null default 0`,
  ],
}
