import type { ErrorKind, JsonObject } from '@engine/core/contract'

import { readText } from './chunks.ts'

// The mark by which `EngineError.isInstance` of any package knows one.
const marker = Symbol.for('engine.error.v1')

export interface Facts {
  readonly code: string
  readonly kind: ErrorKind
  readonly details?: JsonObject
  readonly requestId?: string | null
  readonly status?: number | null
  readonly cause?: unknown
}

/**
 * What a call rejects with, as in the SDK: `code` is a stable word, `message` says what happened and what would work, `details`
 * carries the same as data. `outcome_unknown` says that no answer came and that the call may have had its effect.
 */
export class EngineError extends Error {
  readonly kind: ErrorKind
  readonly code: string
  readonly details: JsonObject
  /** By which the log of the server has this request; null when no answer came. */
  readonly requestId: string | null
  /** The HTTP status; null when no answer came. */
  readonly status: number | null
  readonly [marker] = true

  constructor(message: string, { code, kind, details = {}, requestId = null, status = null, cause }: Facts) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'EngineError'
    this.code = code
    this.kind = kind
    this.details = details
    this.requestId = requestId
    this.status = status
  }

  /** True for an error of any copy of this package. */
  static isInstance(value: unknown): value is EngineError {
    return typeof value === 'object' && value !== null && marker in value && 'status' in value
  }
}

/** What the statuses of an answer mean; those of gateways too. */
const kinds: Readonly<Record<number, ErrorKind>> = {
  401: 'unauthenticated',
  402: 'budget',
  403: 'denied',
  404: 'missing',
  409: 'conflict',
  412: 'conflict',
  413: 'too_large',
  422: 'rule',
  429: 'limited',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
}

/** What an answer says that is none of success: a problem document, or whatever stands between here and the server. */
export async function toError(response: Response, signal: AbortSignal): Promise<EngineError> {
  const { status, headers } = response
  const kind = kinds[status] ?? (status >= 500 ? 'internal' : 'invalid')
  const text = await readText(response, signal)
  const problem = readObject(text)
  const { type: _type, title: _title, code, detail, requestId, status: _status, currentStatus, ...more } = problem
  const details: JsonObject = { ...more, ...(currentStatus !== undefined && { status: currentStatus }) }
  const waitMs = retryAfterMs(headers.get('retry-after'))
  if (details['retryAfterMs'] === undefined && waitMs !== null) details['retryAfterMs'] = waitMs
  const facts = { kind, status, details, requestId: typeof requestId === 'string' ? requestId : headers.get('x-request-id') }
  if (typeof code === 'string' && typeof detail === 'string') return new EngineError(detail, { ...facts, code })
  const what = `${response.url || 'The server'} answered ${status} without saying why in Engine’s words; something else may stand at this address.`
  return new EngineError(what, { ...facts, code: kind === 'unavailable' ? 'unavailable' : 'unexpected_answer' })
}

/** Null for what is no time. */
function retryAfterMs(header: string | null): number | null {
  if (header === null) return null
  if (/^\d+$/.test(header)) return Number(header) * 1_000
  const at = Date.parse(header)
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now())
}

function readObject(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text)
    // Parsed JSON that is an object.
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
  } catch {
    return {}
  }
}
