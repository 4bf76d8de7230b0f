import { randomUUID } from 'node:crypto'

import type { Actor, Operation, Traced, Tracing } from '@engine/core'

import type { WireRequest } from './wire.ts'

/** One request and what is found out about it while it is answered, for those who watch: no body, no query, no header. */
export interface Exchange {
  readonly requestId: string
  readonly method: string
  readonly startedAt: number
  /** The path as the routes have it, so that no id and no token is in it; what no route has is not repeated. */
  route: string
  operation: Operation | null
  actor: Actor | null
  companyId: string | null
  /** Null where nothing is traced. */
  readonly traced: Traced | null
}

/** A request goes on with the trace that it says it is of. */
export function beginExchange(request: WireRequest, tracing: Tracing): Exchange {
  const { method } = request
  const startedAt = performance.now()
  // Anybody may send any word as a method.
  const known = methods.has(method) ? method : 'other'
  const requestId = randomUUID()
  const traced = tracing.isOn
    ? tracing.begin(known, {
        kind: 'server',
        attributes: { 'http.request.method': known, 'engine.request.id': requestId },
        parent: parentOf(request, tracing),
      })
    : null
  return { requestId, method: known, startedAt, traced, route: 'unknown', operation: null, actor: null, companyId: null }
}

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS'])

function parentOf(request: WireRequest, tracing: Tracing): ReturnType<Tracing['from']> {
  const traceparent = request.header('traceparent')
  return traceparent === null ? undefined : tracing.from({ traceparent, tracestate: request.header('tracestate') ?? '' })
}

/** Says in the trace what became of it. */
export function endExchange({ traced, method, route }: Exchange, status: number): void {
  if (!traced) return
  traced.rename(`${method} ${route}`)
  traced.set({ 'http.route': route, 'http.response.status_code': status })
  traced.end(status >= 500 ? 'failed' : undefined)
}
