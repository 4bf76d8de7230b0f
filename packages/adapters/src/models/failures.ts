import type { FailureClass } from '@engine/core/plugin'
import { OutboundError } from '@engine/outbound'

import { failed, type Failed } from '../failures.ts'
import { BrokenAnswer, type CallError, type ModelProvider } from './conversation.ts'

const longestWaitMs = 86_400_000

/** Nobody had the request: no connection was made. */
const unconnectedCodes = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'UND_ERR_CONNECT_TIMEOUT']
/** What stands before a provider gave up waiting for it, which may have done the work. */
const gaveUpWaiting = [408, 504, 524]

/** Whether a call that was not answered at all was certainly not worked on, so that nobody bills it. */
export function isUnserved(error: unknown, { status, connectionCode = '' }: CallError): boolean {
  if (refusalIn(error)) return true
  return status === undefined ? unconnectedCodes.includes(connectionCode) : !gaveUpWaiting.includes(status)
}

/** The names that providers give to their errors, where they say more than the status does. */
const classByCode: Readonly<Record<string, FailureClass>> = {
  authentication_error: 'auth',
  permission_error: 'auth',
  invalid_api_key: 'auth',
  API_KEY_INVALID: 'auth',
  API_KEY_SERVICE_BLOCKED: 'auth',
  UNAUTHENTICATED: 'auth',
  PERMISSION_DENIED: 'auth',
  billing_error: 'quota',
  insufficient_quota: 'quota',
  billing_hard_limit_reached: 'quota',
  not_found_error: 'config',
  model_not_found: 'config',
  NOT_FOUND: 'config',
  rate_limit_error: 'rate_limited',
  rate_limit_exceeded: 'rate_limited',
  RESOURCE_EXHAUSTED: 'rate_limited',
  overloaded_error: 'overloaded',
  UNAVAILABLE: 'overloaded',
  timeout_error: 'timeout',
  DEADLINE_EXCEEDED: 'timeout',
  context_length_exceeded: 'bad_request',
  content_filter: 'refused',
  content_policy_violation: 'refused',
  bio_policy: 'refused',
  misalignment_policy_violation: 'refused',
}

/** Names that stand beside any status, and say less than it; they count in the middle of a stream, where there is none. */
const classByVagueCode: Readonly<Record<string, FailureClass>> = {
  invalid_request_error: 'bad_request',
  INVALID_ARGUMENT: 'bad_request',
  INTERNAL: 'transient',
  api_error: 'transient',
  server_error: 'transient',
}

/** Those of them by which a provider says in a stream that it failed itself. */
const serverErrors: ReadonlySet<string> = new Set(['INTERNAL', 'api_error', 'server_error'])

const classByStatus: Readonly<Record<number, FailureClass>> = {
  401: 'auth',
  402: 'quota',
  403: 'auth',
  404: 'config',
  408: 'timeout',
  409: 'transient',
  429: 'rate_limited',
  500: 'transient',
  504: 'timeout',
  524: 'timeout',
}

/** Nobody is there to ask: it has to do with the provider or the way to it, not with what was asked. */
const unreachableCodes = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN']

const timeoutCodes = ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT']

const advice: Partial<Record<FailureClass, string>> = {
  auth: 'Check the apiKey of the agent, and what that key may use.',
  config: 'Check model and baseUrl of the agent.',
  quota: 'The account has to be topped up or its limit raised.',
}

/**
 * What a failed call means, by the facts of it.
 *
 * @param clean blots out what must not be told, before a long message is cut
 */
export function callFailure(error: unknown, provider: ModelProvider, clean: (text: string) => string): Failed {
  if (error instanceof BrokenAnswer || error instanceof SyntaxError)
    return failed('transient', `The answer of ${provider.name} could not be read: ${error.message}`)
  const refusal = refusalIn(error)
  if (refusal) return failed('config', clean(hideKeys(refusal.message, provider.secrets)))
  const facts = provider.describe(error)
  const failureClass = classify(facts)
  const how = facts.status === undefined ? '' : ` with status ${facts.status}`
  const code = facts.codes[0] === undefined ? '' : ` (${facts.codes[0]})`
  const parts = [`The call of ${provider.name} failed${how}${code}: ${facts.message}`, advice[failureClass]]
  const retryAfterMs = readRetryAfter(facts.headers)
  const message = clean(hideKeys(parts.filter((part) => part !== undefined).join(' '), provider.secrets))
  return {
    ...failed(failureClass, message),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(isProviderFault(facts) && { isProviderFault: true }),
  }
}

/** The provider or the way to it broke, whatever was asked: its server failed, or a connection did. */
export function isProviderFault({ status, codes, connectionCode }: Pick<CallError, 'status' | 'codes' | 'connectionCode'>): boolean {
  if (status !== undefined && status >= 400) return status >= 500
  return connectionCode !== undefined || codes.some((code) => serverErrors.has(code))
}

export function classify({ status, codes, connectionCode, isTimeout }: CallError): FailureClass {
  const named = firstOf(classByCode, codes)
  if (named !== undefined) return named
  if (status !== undefined) return classByStatus[status] ?? classOfRange(status)
  const vague = firstOf(classByVagueCode, codes)
  if (vague !== undefined) return vague
  if (isTimeout || timeoutCodes.includes(connectionCode ?? '')) return 'timeout'
  if (unreachableCodes.includes(connectionCode ?? '')) return 'overloaded'
  return connectionCode === undefined ? 'unknown' : 'transient'
}

function firstOf(classes: Readonly<Record<string, FailureClass>>, codes: readonly string[]): FailureClass | undefined {
  const known = codes.find((code) => Object.hasOwn(classes, code))
  return known === undefined ? undefined : classes[known]
}

function classOfRange(status: number): FailureClass {
  // What stands before a provider says that it is not there: that is so for everybody.
  if (status >= 500) return 'overloaded'
  // A redirect is not followed: the key would go where nobody meant it to.
  return status >= 400 ? 'bad_request' : 'config'
}

/** Whole milliseconds from `retry-after-ms` or `retry-after`, which is a number of seconds or a date. */
export function readRetryAfter(headers: Headers | undefined, now = Date.now()): number | undefined {
  const milliseconds = headers?.get('retry-after-ms') ?? ''
  const seconds = headers?.get('retry-after') ?? ''
  const asked = isNumber(milliseconds) ? Number(milliseconds) : isNumber(seconds) ? Number(seconds) * 1_000 : Date.parse(seconds) - now
  return Number.isNaN(asked) ? undefined : Math.min(longestWaitMs, Math.max(0, Math.ceil(asked)))
}

function isNumber(text: string): boolean {
  return /^\d+(\.\d+)?$/.test(text.trim())
}

/** A key that stands in a configuration as it is, which is known to nobody as a secret. */
function hideKeys(text: string, secrets: readonly string[]): string {
  return secrets.reduce((cleaned, secret) => (secret === '' ? cleaned : cleaned.replaceAll(secret, '[key]')), text)
}

/** The first code of a system error in the chain of causes. */
export function connectionCodeOf(error: unknown): string | undefined {
  for (const cause of causesOf(error)) {
    if ('code' in cause && typeof cause.code === 'string' && /^[A-Z_]+$/.test(cause.code)) return cause.code
  }
  return undefined
}

/** Why the server may not be asked at all, which was seen only when it was to be connected to. */
function refusalIn(error: unknown): OutboundError | undefined {
  const refusal = causesOf(error).find((cause) => cause instanceof OutboundError)
  return refusal?.isPassing === false ? refusal : undefined
}

function causesOf(error: unknown): Error[] {
  const causes: Error[] = []
  for (let cause = error; cause instanceof Error && causes.length < 10; cause = cause.cause) causes.push(cause)
  return causes
}
