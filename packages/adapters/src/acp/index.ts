export { acpAdapter } from './adapter.ts'
export { AcpConfig } from './config.ts'
