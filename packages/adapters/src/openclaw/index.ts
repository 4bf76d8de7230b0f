export { openClawAdapter } from './adapter.ts'
export { OpenClawConfig } from './config.ts'
