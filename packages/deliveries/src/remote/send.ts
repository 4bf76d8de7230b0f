import type { AdapterTestReport, DeliveryResult, Redactor } from '@engine/core/plugin'
import { OutboundError, retryAfterMs, type Outbound, type OutboundRequest, type OutboundResponse } from '@engine/outbound'

/** How much of an answer is read, and how much of it is told. */
const readBytes = 16_384
const toldCharacters = 2_048
/** Answers outside of 5xx after which the same request may succeed later. */
const passing: ReadonlySet<number> = new Set([408, 425, 429])

export interface Sending extends Pick<OutboundRequest, 'method' | 'headers' | 'body' | 'timeoutMs'> {
  readonly url: string
  readonly signal: AbortSignal
  readonly redactor: Redactor
  /** What the receiver calls the delivery, from its answer or known before. */
  referenceOf?(response: OutboundResponse): string | undefined
  /** Whether an answer of 2xx says that it was taken; all do when left out. */
  isTaken?(response: OutboundResponse): boolean
  /** Whether an answer of 4xx says that the same request may succeed later; only some statuses do when left out. */
  isPassing?(response: OutboundResponse): boolean
}

/** Asks a receiver once, and says what its answer means for the delivery. Nothing is sent on to where a redirect leads. */
export async function send(
  outbound: Outbound,
  { url, redactor, referenceOf, isTaken, isPassing, ...request }: Sending,
): Promise<DeliveryResult> {
  try {
    const response = await outbound.fetch(url, { ...request, maxRedirects: 0, maxBytes: readBytes, whenLonger: 'cut' })
    const result = resultOf(response, redactor)
    if (result.kind === 'parked' && isPassing?.(response) === true) return { ...result, kind: 'retry' }
    if (result.kind !== 'delivered') return result
    if (isTaken?.(response) === false)
      return { ...result, kind: 'parked', reason: `${new URL(response.url).origin} answered ${response.status}, and that it refused it.` }
    const reference = referenceOf?.(response)
    return reference === undefined ? result : { ...result, reference: redactor.redact(reference) }
  } catch (error) {
    return resultOfError(error)
  }
}

export const stopped: DeliveryResult = { kind: 'retry', reason: 'It was stopped before there was an answer.' }

function resultOf({ status, headers, body, url }: OutboundResponse, redactor: Redactor): DeliveryResult {
  const text = redactor.redact(new TextDecoder().decode(body)).slice(0, toldCharacters)
  const answer = { status, ...(text !== '' && { response: text }) }
  if (status >= 200 && status < 300) return { kind: 'delivered', ...answer }
  const { origin } = new URL(url)
  const reason = `${origin} answered ${status}${status >= 300 && status < 400 ? ' and sends on to elsewhere; set the URL that answers itself' : ''}.`
  if (status < 500 && !passing.has(status)) return { kind: 'parked', reason, ...answer }
  const waitMs = retryAfterMs(headers['retry-after'], Date.now())
  return { kind: 'retry', reason, ...answer, ...(waitMs !== undefined && { retryAfterMs: waitMs }) }
}

/** What it means that there is no answer. @throws what is no failure of a request */
export function resultOfError(error: unknown): DeliveryResult {
  if (!(error instanceof OutboundError)) throw error
  if (error.code === 'aborted') return stopped
  return { kind: error.isPassing ? 'retry' : 'parked', reason: error.message }
}

/** A try as a report of a test: it works when it was delivered. */
export function reportOf(name: string, result: DeliveryResult, works: string): AdapterTestReport {
  const isDelivered = result.kind === 'delivered'
  return { checks: [{ name, status: isDelivered ? 'passed' : 'failed', message: isDelivered ? works : adviceOf(result) }] }
}

function adviceOf({ reason, status }: Exclude<DeliveryResult, { kind: 'delivered' }>): string {
  return status === 401 || status === 403 ? `${reason} It does not take these credentials.` : reason
}
