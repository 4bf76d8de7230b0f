export { cursorAdapter } from './adapter.ts'
export { CursorConfig } from './config.ts'
