export { codexAdapter } from './adapter.ts'
export { CodexConfig } from './config.ts'
export type { CliOptions } from '../cli/adapter.ts'
