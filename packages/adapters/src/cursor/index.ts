export { cursorAdapter } from './adapter.ts'
export { CursorConfig } from './config.ts'
export type { CliOptions } from '../cli/adapter.ts'
