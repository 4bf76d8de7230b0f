import type { RequestOptions } from './api.ts'
import { readText } from './chunks.ts'
import { EngineError, toError } from './errors.ts'
import type { Message, Route } from './request.ts'
import { sleep, waitMs, type Retry } from './retry.ts'

/** Where requests go, and how. */
export interface Sender {
  /** Without a slash at its end. */
  readonly url: string
  readonly key: string | null
  readonly fetch: (request: Request, beside: { readonly signal: AbortSignal }) => Promise<Response>
  readonly timeoutMs: number
  readonly retry: Retry
}

/** What can be done about a try that failed. */
const passing = new Set([429, 502, 503, 504])

/**
 * Makes a call until there is an answer, as often as it may be repeated.
 * @throws EngineError what the server says, `unavailable` when it does not, and `outcome_unknown` when a command may have had its effect
 */
export async function send(sender: Sender, call: { route: Route; message: Message; options: RequestOptions }): Promise<unknown> {
  const { route, options } = call
  const message = matching(route.isKeyed ? keyed(call.message, options) : call.message, options)
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await tryOnce(sender, { ...call, message })
    } catch (error) {
      options.signal?.throwIfAborted()
      const answered = EngineError.isInstance(error)
      const canRepeat = route.isRepeatable && (!answered || passing.has(error.status ?? 0))
      const wait = canRepeat ? waitMs(sender.retry, { attempt, retryAfterMs: answered ? asked(error) : null, random: Math.random() }) : null
      if (wait === null) throw answered ? error : unanswered(sender, { route, message, attempt, cause: error })
      await sleep(wait, options.signal)
    }
  }
}

/** One key for all tries. */
function keyed(message: Message, { idempotencyKey = crypto.randomUUID() }: RequestOptions): Message {
  return { ...message, headers: { ...message.headers, 'idempotency-key': idempotencyKey } }
}

function matching(message: Message, { ifVersion }: RequestOptions): Message {
  return ifVersion === undefined ? message : { ...message, headers: { ...message.headers, 'if-match': `"${ifVersion}"` } }
}

async function tryOnce(sender: Sender, { route, message, options }: Parameters<typeof send>[1]): Promise<unknown> {
  const timeoutMs = options.timeoutMs ?? sender.timeoutMs
  const slow = new AbortController()
  const timer = setTimeout(() => slow.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  const signal = options.signal ? AbortSignal.any([options.signal, slow.signal]) : slow.signal
  try {
    const response = await request(sender, message, signal)
    if (!response.ok) throw await toError(response, signal)
    // The bytes are read later, for as long as that takes.
    return route.givesFile ? toDownload(response) : await readJson(response, signal)
  } finally {
    clearTimeout(timer)
  }
}

/** One request, with its credential. Rejects when there is no answer. */
export async function request(sender: Sender, { method, path, headers, body }: Message, signal: AbortSignal): Promise<Response> {
  const asking = new Request(`${sender.url}${path}`, {
    method,
    headers: { ...(sender.key !== null && { authorization: `Bearer ${sender.key}` }), ...headers },
    ...(body !== null && { body }),
    signal,
    // A command that is sent on would arrive as something else.
    redirect: 'error',
  })
  // Over an answer the signal of a request has no hold any more in Node.js, once the request itself was cleared up.
  return sender.fetch(asking, { signal })
}

async function readJson(response: Response, signal: AbortSignal): Promise<unknown> {
  const text = await readText(response, signal)
  try {
    return JSON.parse(text)
  } catch (cause) {
    const message = `${response.url || 'The server'} answered ${response.status} with something that is not JSON; is it the address of an Engine?`
    throw new EngineError(message, { code: 'unexpected_answer', kind: 'internal', status: response.status, cause })
  }
}

function toDownload({ headers, body }: Response): unknown {
  return {
    name: fileName(headers.get('content-disposition') ?? ''),
    contentType: headers.get('content-type') ?? 'application/octet-stream',
    byteSize: headers.has('content-length') ? Number(headers.get('content-length')) : null,
    content: body ?? new ReadableStream({ start: (controller) => controller.close() }),
  }
}

function fileName(disposition: string): string {
  const exact = /filename\*=UTF-8''([^;]+)/i.exec(disposition)?.[1]
  return exact === undefined ? '' : decodeURIComponent(exact)
}

function asked({ details }: EngineError): number | null {
  const { retryAfterMs } = details
  return typeof retryAfterMs === 'number' ? retryAfterMs : null
}

function unanswered(sender: Sender, failed: { route: Route; message: Message; attempt: number; cause: unknown }): EngineError {
  const { route, message, attempt, cause } = failed
  const idempotencyKey = message.headers['idempotency-key'] ?? null
  const tries = attempt === 1 ? 'once' : `${attempt} times`
  const what = `${sender.url} gave no answer to ${route.name}, asked ${tries}: ${describe(cause)}.`
  if (route.isRead) return new EngineError(what, { code: 'unavailable', kind: 'unavailable', cause })
  const advice = idempotencyKey === null ? 'Look before you repeat it.' : 'Repeat it with the same idempotencyKey: it has its effect once.'
  return new EngineError(`${what} It may have had its effect. ${advice}`, {
    code: 'outcome_unknown',
    kind: 'unavailable',
    details: { idempotencyKey },
    cause,
  })
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // Of fetch, which tells why in the cause only.
  const { cause } = error
  return cause instanceof Error && cause.message !== '' ? `${error.message} (${cause.message})` : error.message
}
