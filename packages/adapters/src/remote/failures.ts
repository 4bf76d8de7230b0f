import type { FailureClass, RunOutcome } from '@engine/core/plugin'
import { retryAfterMs, type OutboundError, type OutboundErrorCode, type OutboundResponse } from '@engine/outbound'

import { failed } from '../failures.ts'

const classes: Readonly<Record<number, FailureClass>> = {
  401: 'auth',
  402: 'quota',
  403: 'auth',
  404: 'config',
  405: 'config',
  408: 'timeout',
  425: 'transient',
  429: 'rate_limited',
  500: 'transient',
  502: 'overloaded',
  503: 'overloaded',
  504: 'timeout',
  529: 'overloaded',
}

/** What an error status means. A redirect is one: credentials are not sent to where it leads. Pure. */
export function statusFailure({ status, headers, url }: Pick<OutboundResponse, 'status' | 'headers' | 'url'>, nowMs: number): RunOutcome {
  const { origin } = new URL(url)
  if (status >= 300 && status < 400)
    return failed('config', `${origin} answered ${status} and sends on to elsewhere; set the URL that answers itself.`)
  const failure = classes[status] ?? (status >= 500 ? 'overloaded' : 'bad_request')
  const outcome = failed(failure, `${origin} answered ${status}.`, retryAfterMs(headers['retry-after'], nowMs))
  return status >= 500 ? { ...outcome, isProviderFault: true } : outcome
}

const errorClasses: Readonly<Record<OutboundErrorCode, FailureClass>> = {
  invalid_url: 'config',
  invalid_request: 'config',
  address_refused: 'config',
  unresolved: 'overloaded',
  unreachable: 'overloaded',
  timeout: 'timeout',
  too_large: 'bad_request',
  too_many_redirects: 'config',
  aborted: 'transient',
}

/** What it means that there is no answer. */
export function connectionFailure(error: OutboundError): RunOutcome {
  return failed(errorClasses[error.code], error.message)
}
