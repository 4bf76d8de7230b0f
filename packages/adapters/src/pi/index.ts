export { piAdapter } from './adapter.ts'
export { PiConfig } from './config.ts'
export type { CliOptions } from '../cli/adapter.ts'
