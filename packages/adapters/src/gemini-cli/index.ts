export { geminiCliAdapter } from './adapter.ts'
export { GeminiCliConfig } from './config.ts'
