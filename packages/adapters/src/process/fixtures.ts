import { processAdapter } from './adapter.ts'
import { runAdapter, type FinishedRun, type RunOptions } from '../program/fixtures.ts'

/** Runs `node -e code` through the adapter; `config` can name another program. */
export function runNode(code: string, options: RunOptions & { config?: Record<string, unknown> } = {}): Promise<FinishedRun> {
  return runAdapter(processAdapter({ programs: 'any' }), { command: process.execPath, args: ['-e', code], ...options.config }, options)
}

/** A line of code that says something in the protocol. */
export function say(message: Record<string, unknown>): string {
  return `console.log(${JSON.stringify(JSON.stringify(message))});`
}
