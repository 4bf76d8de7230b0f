import type { Migration } from '../migrate.ts'

export const migration0006: Migration = {
  id: '0006-questions-to-people',
  statements: [],
}
