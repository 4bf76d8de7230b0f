export { processAdapter } from './adapter.ts'
export { ProcessConfig } from './config.ts'
