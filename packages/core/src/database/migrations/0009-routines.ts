import type { Migration } from '../migrate.ts'

export const migration0009: Migration = {
  id: '0009-routines',
  statements: [],
}
