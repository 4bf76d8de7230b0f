// The complete public surface of @engine/storage-postgres.
export { postgres } from './postgres.ts'
export type { PostgresOptions } from './postgres.ts'
export { pglite } from './pglite.ts'
