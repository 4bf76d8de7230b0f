export { anthropicAdapter } from './adapter.ts'
export { AnthropicConfig } from './config.ts'
