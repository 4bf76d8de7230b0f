export { claudeCodeAdapter } from './adapter.ts'
export { ClaudeCodeConfig } from './config.ts'
