export { piAdapter } from './adapter.ts'
export { PiConfig } from './config.ts'
