export { personAdapter } from './adapter.ts'
export { PersonConfig } from './config.ts'
