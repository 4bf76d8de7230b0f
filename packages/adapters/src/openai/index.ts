export { openAiAdapter } from './adapter.ts'
export { OpenAiConfig } from './config.ts'
