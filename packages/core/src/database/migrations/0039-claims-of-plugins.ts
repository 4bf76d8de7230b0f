import type { Migration } from '../migrate.ts'

// What a plugin claimed and what it keeps are bounded apart: of claims the newest are remembered. Those that were there already can not be
// told from values that are true: as number 0 they take no room from values, and are never forgotten.
export const migration0039: Migration = {
  id: '0039-claims-of-plugins',
  statements: [
    `alter table plugin_state add column claim_number {integer}`,
    `update plugin_state set claim_number = 0 where company_id is not null and version = 1 and value = 'true'`,
    `create index plugin_state_claims_index on plugin_state (company_id, plugin, claim_number) where claim_number is not null`,
    `create index plugin_state_values_index on plugin_state (company_id, plugin) where claim_number is null`,
  ],
}
