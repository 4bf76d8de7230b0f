export { geminiCliAdapter } from './adapter.ts'
export { GeminiCliConfig } from './config.ts'
export type { CliOptions } from '../cli/adapter.ts'
