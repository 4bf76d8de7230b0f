export { httpAdapter } from './adapter.ts'
export { HttpConfig } from './config.ts'
