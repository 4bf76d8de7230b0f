export { storageDestination } from './destination.ts'
export type { StorageOptions } from './destination.ts'
export { StorageConfig } from './config.ts'
