import type { Telemetry } from '@engine/core'

/**
 * The API of OpenTelemetry where the program was started with an SDK of it (`node --import ./instrumentation.mjs`), which puts itself
 * under this name; who traces nothing loads nothing.
 */
export async function findTelemetry(): Promise<{ telemetry?: Telemetry }> {
  return Symbol.for('opentelemetry.js.api.1') in globalThis ? { telemetry: await import('@opentelemetry/api') } : {}
}
