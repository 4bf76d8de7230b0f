export { claudeCodeAdapter } from './adapter.ts'
export { ClaudeCodeConfig } from './config.ts'
export type { CliOptions } from '../cli/adapter.ts'
