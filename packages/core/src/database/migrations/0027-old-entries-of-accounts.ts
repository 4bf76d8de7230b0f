import type { Migration } from '../migrate.ts'

// The log of accounts is kept for as long as the host says; what is older is found by its time.
export const migration0027: Migration = {
  id: '0027-old-entries-of-accounts',
  statements: [`create index account_events_at_index on account_events (at)`],
}
