import type { Logger } from '@engine/core'

export const logLevels = ['debug', 'info', 'warn', 'error'] as const
type LogLevel = (typeof logLevels)[number]
export const logFormats = ['json', 'text'] as const

export interface LogConfig {
  readonly format: (typeof logFormats)[number]
  /** What is less is left out. */
  readonly level: LogLevel
}

/** What an operator must see, on stderr: one line each, whatever stands in it. */
export function createLogger({ format, level }: LogConfig): Logger {
  const least = logLevels.indexOf(level)
  const write =
    (name: LogLevel) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      if (logLevels.indexOf(name) < least) return
      process.stderr.write(`${format === 'json' ? jsonLine(name, message, fields) : textLine(name, message, fields)}\n`)
    }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

/** The line's own fields come first and are said last, so that nothing takes their place. */
function jsonLine(level: LogLevel, message: string, fields: Record<string, unknown>): string {
  const own = { at: new Date().toISOString(), level, message }
  return JSON.stringify({ ...own, ...fields, ...own })
}

function textLine(level: LogLevel, message: string, fields: Record<string, unknown>): string {
  const pairs = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' && /^[\w./:@-]+$/.test(value) ? value : JSON.stringify(value)}`,
  )
  // A line that somebody else could break in two would be two lines; JSON escapes what is in the fields.
  return [new Date().toISOString(), level.toUpperCase().padEnd(5), message.replaceAll(/\s+/g, ' '), ...pairs].join(' ')
}
