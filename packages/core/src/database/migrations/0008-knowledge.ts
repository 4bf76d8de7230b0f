import type { Migration } from '../migrate.ts'

export const migration0008: Migration = {
  id: '0008-knowledge',
  statements: [],
}
