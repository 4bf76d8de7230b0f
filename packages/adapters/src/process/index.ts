export { processAdapter } from './adapter.ts'
export { ProcessConfig } from './config.ts'
export type { AllowedProgram, AllowedPrograms } from '../program/allowed.ts'
