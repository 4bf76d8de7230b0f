import type { FailureClass } from '@engine/core/plugin'
import { OutboundError, retryAfterMs, type OutboundErrorCode, type OutboundResponse } from '@engine/outbound'

import { failed, Refusal, stopped, type Failed } from '../failures.ts'

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
export function statusFailure({ status, headers, url }: Pick<OutboundResponse, 'status' | 'headers' | 'url'>, nowMs: number): Failed {
  const { origin } = new URL(url)
  if (status >= 300 && status < 400)
    return failed('config', `${origin} answered ${status} and sends on to elsewhere; set the URL that answers itself.`)
  const failure = classes[status] ?? (status >= 500 ? 'overloaded' : 'bad_request')
  const outcome = failed(failure, `${origin} answered ${status}.`, retryAfterMs(headers['retry-after'], nowMs))
  return status >= 500 ? { ...outcome, isProviderFault: true } : outcome
}

/** What it means that there is no answer. */
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

interface Limits {
  /** Of the turn. */
  readonly stop: AbortSignal
  readonly timeout: AbortSignal
  readonly timeoutSec: number
}

/** What ended a run that did not come to its end. @throws what is a defect of the adapter */
export function outcomeOfError(error: unknown, { stop, timeout, timeoutSec }: Limits): Failed {
  if (stop.aborted) return stopped(stop.reason)
  if (timeout.aborted) return failed('timeout', `There was no outcome within ${timeoutSec} s.`)
  if (error instanceof Refusal) return error.outcome
  if (error instanceof OutboundError) return failed(errorClasses[error.code], error.message)
  throw error
}

/** Why an agent elsewhere could not be asked, for those who try its configuration. */
export function describeError(error: unknown): string {
  return error instanceof OutboundError || error instanceof Refusal ? error.message : 'It could not be asked.'
}
