export { opencodeAdapter } from './adapter.ts'
export { OpencodeConfig } from './config.ts'
export type { CliOptions } from '../cli/adapter.ts'
