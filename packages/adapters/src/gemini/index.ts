export { geminiAdapter } from './adapter.ts'
export { GeminiConfig } from './config.ts'
