import type { Logger } from '@engine/core'

/** What an operator must see, on stderr: one line each. */
export const consoleLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (message, fields) => write('warning', message, fields),
  error: (message, fields) => write('error', message, fields),
}

function write(level: string, message: string, fields: Record<string, unknown> = {}): void {
  console.error(JSON.stringify({ level, message, ...fields, at: new Date().toISOString() }))
}
