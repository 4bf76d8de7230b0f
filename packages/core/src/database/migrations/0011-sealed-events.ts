import type { Migration } from '../migrate.ts'

export const migration0011: Migration = {
  id: '0011-sealed-events',
  statements: [],
}
