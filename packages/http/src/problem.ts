import { EngineError, type ErrorKind } from '@engine/core'

import { json, type WireResponse } from './wire.ts'

/** The one place where kinds of errors become HTTP statuses. */
export const statusOfKind: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  budget: 402,
  denied: 403,
  missing: 404,
  conflict: 409,
  too_large: 413,
  rule: 422,
  limited: 429,
  unavailable: 503,
  internal: 500,
}

/** An RFC 9457 problem document, with the status of its kind where no other is given. Unknown errors say nothing of the inside; the log has them under the request id. */
export function problem(error: unknown, request: Asked, status?: number): WireResponse {
  if (!EngineError.isInstance(error) || error.kind === 'internal') {
    const detail = 'Something went wrong on our side. Report it with the requestId.'
    return answer({ ...request, status: 500, code: 'internal', detail, details: {} })
  }
  return answer({ ...request, status: status ?? statusOfKind[error.kind], code: error.code, detail: error.message, details: error.details })
}

interface Asked {
  readonly requestId: string
  /** What stands before the path of the documentation. */
  readonly basePath?: string | undefined
}

interface Problem extends Asked {
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly details: EngineError['details']
}

function answer({ status, code, detail, requestId, basePath = '', details }: Problem): WireResponse {
  const facts = { type: `${basePath}/api/docs/errors#${code}`, title: code.replaceAll('_', ' '), status, code, detail, requestId }
  // A detail never takes the place of what the document itself says; the status of a thing gets another name.
  const { status: currentStatus, ...more } = details
  const body = { ...facts, ...more, ...(currentStatus !== undefined && { currentStatus }), ...facts }
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' }
  if (status === statusOfKind.unauthenticated) headers['www-authenticate'] = 'Bearer'
  if (typeof details['retryAfterMs'] === 'number') headers['retry-after'] = String(Math.ceil(details['retryAfterMs'] / 1000))
  return json(status, body, headers)
}
