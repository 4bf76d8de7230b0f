import type { Redactor } from '../kernel/redactor.ts'
import type { Logger } from '../ports/logger.ts'

/** A logger through which no value of a run's secrets comes. */
export function redactedLogger(logger: Logger, redactor: Redactor): Logger {
  const through = (level: keyof Logger) => (message: string, fields?: Record<string, unknown>) =>
    // What goes in as an object comes out as one.
    logger[level](redactor.redact(message), redactor.redactAll(fields) as Record<string, unknown> | undefined)
  return { debug: through('debug'), info: through('info'), warn: through('warn'), error: through('error') }
}
