// The complete public surface of @engine/storage-postgres.
export { postgres } from './postgres.ts'
export type { PostgresOptions, PostgresPool } from './postgres.ts'
export { pglite } from './pglite.ts'
