import type { SpanAttributes, Telemetry, TraceContext } from '../ports/telemetry.ts'
import { engineVersion } from '../version.ts'
import { EngineError } from './errors.ts'

/** What OpenTelemetry calls these kinds and this status. */
const kinds = { internal: 0, server: 1, client: 2, producer: 3 } as const
const failed = { code: 2 } as const

export interface SpanOptions {
  readonly kind?: keyof typeof kinds
  readonly attributes?: SpanAttributes
  /** What it is a part of; left out, whatever the program around is in. */
  readonly parent?: TraceContext | undefined
}

/** A part of a trace that is under way. */
export interface Traced {
  /** For what is a part of it; undefined where nothing is traced. */
  readonly context: TraceContext | undefined
  set(attributes: SpanAttributes): void
  rename(name: string): void
  end(error?: unknown): void
}

/** Spans, passed on by hand: each call says what it is a part of. */
export interface Tracing {
  readonly isOn: boolean
  begin(name: string, options?: SpanOptions): Traced
  /** Does work as one span; what it throws is its status, by the code of the error alone. */
  span<Result>(name: string, options: SpanOptions, work: (traced: Traced) => Promise<Result>): Promise<Result>
  /** The trace that a request says it is a part of, by its W3C headers. */
  from(headers: Readonly<Record<string, string>>): TraceContext | undefined
  /** W3C headers, `traceparent` and `tracestate`, for those who go on elsewhere. */
  headers(context: TraceContext | undefined): Readonly<Record<string, string>>
}

const untraced: Traced = { context: undefined, set: () => undefined, rename: () => undefined, end: () => undefined }

const noTracing: Tracing = {
  isOn: false,
  begin: () => untraced,
  span: async (_name, _options, work) => work(untraced),
  from: () => undefined,
  headers: () => ({}),
}

export function createTracing(telemetry: Telemetry | undefined): Tracing {
  if (!telemetry) return noTracing
  const { trace, context, propagation } = telemetry
  const tracer = trace.getTracer('@engine/core', engineVersion)

  function begin(name: string, { kind = 'internal', attributes = {}, parent = context.active() }: SpanOptions = {}): Traced {
    const span = tracer.startSpan(name, { kind: kinds[kind], attributes }, parent)
    return {
      context: trace.setSpan(parent, span),
      set: (more) => void span.setAttributes(more),
      rename: (other) => void span.updateName(other),
      end(error) {
        if (error !== undefined) {
          span.setAttributes({ 'error.type': EngineError.isInstance(error) ? error.code : 'internal' })
          span.setStatus(failed)
        }
        span.end()
      },
    }
  }

  return {
    isOn: true,
    begin,
    async span(name, options, work) {
      const traced = begin(name, options)
      try {
        const result = await work(traced)
        traced.end()
        return result
      } catch (error) {
        traced.end(error ?? 'unknown')
        throw error
      }
    },
    from: (headers) => propagation.extract(context.active(), headers),
    headers(of) {
      const carrier: Record<string, string> = {}
      if (of) propagation.inject(of, carrier)
      return carrier
    },
  }
}
