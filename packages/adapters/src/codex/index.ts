export { codexAdapter } from './adapter.ts'
export { CodexConfig } from './config.ts'
