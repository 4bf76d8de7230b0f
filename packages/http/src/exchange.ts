import { randomUUID } from 'node:crypto'

import type { Actor, Operation } from '@engine/core'

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
}

export function beginExchange({ method }: WireRequest): Exchange {
  const startedAt = performance.now()
  // Anybody may send any word as a method.
  const known = /^(GET|HEAD|POST|PATCH|PUT|DELETE|OPTIONS)$/.test(method) ? method : 'other'
  return { requestId: randomUUID(), method: known, startedAt, route: 'unknown', operation: null, actor: null, companyId: null }
}
