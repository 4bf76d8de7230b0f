import type { Migration } from '../migrate.ts'

// Which error of Engine an agent is in error for, so that whoever shows it need not read the message.
export const migration0038: Migration = {
  id: '0038-codes-of-errors-of-agents',
  statements: [`alter table agents add column error_code text`],
}
