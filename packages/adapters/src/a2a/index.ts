export { a2aAdapter } from './adapter.ts'
export { A2aConfig } from './config.ts'
