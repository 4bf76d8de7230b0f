/**
 * `invalid_url` what was given is no URL that may be asked · `invalid_request` a header holds what none can · `address_refused` it leads into a network that is not public ·
 * `unresolved` nobody knows the host · `unreachable` no connection, or one that broke · `timeout` it took too long ·
 * `too_large` the answer is longer than wanted · `too_many_redirects` · `aborted` the caller no longer wants it
 */
export type OutboundErrorCode =
  | 'invalid_url'
  | 'invalid_request'
  | 'address_refused'
  | 'unresolved'
  | 'unreachable'
  | 'timeout'
  | 'too_large'
  | 'too_many_redirects'
  | 'aborted'

/** Codes after which the same request may succeed later. */
const passing: ReadonlySet<OutboundErrorCode> = new Set(['unresolved', 'unreachable', 'timeout'])

/** Why a request has no answer. The message names the origin at most: paths and queries may hold what nobody else should know. */
export class OutboundError extends Error {
  readonly code: OutboundErrorCode
  /** Whether trying again later may help. */
  readonly isPassing: boolean

  constructor(code: OutboundErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'OutboundError'
    this.code = code
    this.isPassing = passing.has(code)
  }
}
