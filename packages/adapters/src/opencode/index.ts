export { opencodeAdapter } from './adapter.ts'
export { OpencodeConfig } from './config.ts'
