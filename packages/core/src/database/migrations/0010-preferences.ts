import type { Migration } from '../migrate.ts'

export const migration0010: Migration = {
  id: '0010-preferences',
  statements: [],
}
