/**
 * The part of the OpenTelemetry API that Engine speaks, as it is: `import * as telemetry from '@opentelemetry/api'` is one, and
 * does nothing until the program sets up an SDK. Traces never hold what anybody said, and no secrets.
 */
export interface Telemetry {
  readonly trace: {
    getTracer(name: string, version?: string): Tracer
    setSpan(context: TraceContext, span: Span): TraceContext
  }
  readonly context: { active(): TraceContext }
  readonly propagation: {
    extract(context: TraceContext, carrier: object): TraceContext
    inject(context: TraceContext, carrier: object): void
  }
}

interface Tracer {
  startSpan(name: string, options?: { kind?: number; attributes?: SpanAttributes }, context?: TraceContext): Span
}

interface Span {
  updateName(name: string): unknown
  setAttributes(attributes: SpanAttributes): unknown
  setStatus(status: { code: number }): unknown
  end(): void
}

export type SpanAttributes = Record<string, string | number | boolean>

/** Where in which trace something happens. */
export interface TraceContext {
  getValue(key: symbol): unknown
  setValue(key: symbol, value: unknown): TraceContext
  deleteValue(key: symbol): TraceContext
}
