import type { Migration } from '../migrate.ts'

export const migration0007: Migration = {
  id: '0007-secrets',
  statements: [],
}
