import type { Migration } from '../migrate.ts'

// Postgres looks each link of a row up by a query of its own. A run's agent and task are of its company, which is there because they are; an entry of
// search is written beside its thing, which has a company, and is looked for by its company only.
export const migration0032: Migration = {
  id: '0032-links-that-others-imply',
  statements: [
    { postgres: `alter table runs drop constraint runs_company_id_fkey` },
    { postgres: `alter table search_entries drop constraint search_entries_company_id_fkey` },
  ],
}
