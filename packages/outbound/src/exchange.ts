import { request as httpRequest, type Agent as HttpAgent, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest, type Agent as HttpsAgent } from 'node:https'
import type { LookupFunction } from 'node:net'

import { OutboundError } from './errors.ts'
import { bareHost, portOf, resolveTarget, type TargetRules } from './target.ts'

/** Who asks: by which connections, and whom it may. */
export interface Client {
  readonly http: HttpAgent
  readonly https: HttpsAgent
  readonly rules: TargetRules
  /** How long one tries to connect, milliseconds; left out, as long as the caller lets it. */
  readonly connectMs?: number
}

export interface Message {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | undefined
}

interface Sending extends Message {
  readonly url: URL
  readonly signal: AbortSignal
}

interface Exchange extends Sending {
  readonly maxBytes: number
  readonly whenLonger: 'refuse' | 'cut'
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly isCut: boolean
}

/** What Node says of a header that would be several, or none. */
const unsendable: ReadonlySet<string> = new Set(['ERR_INVALID_CHAR', 'ERR_INVALID_HTTP_TOKEN'])

/** Sends one message, over a connection to an address that was checked, and reads the answer. @throws OutboundError */
export async function exchange(client: Client, given: Exchange): Promise<Answer> {
  try {
    const response = await send(client, given)
    const { body, isCut } = await readBody(response, given)
    return { status: response.statusCode ?? 0, headers: headersOf(response), body, isCut }
  } catch (error) {
    throw explained(error, given.url)
  }
}

/** The same, and the answer as it comes. @throws OutboundError for what goes wrong before it begins */
export async function beginExchange(client: Client, given: Sending): Promise<Omit<Answer, 'body' | 'isCut'> & { body: IncomingMessage }> {
  try {
    const response = await send(client, given)
    return { status: response.statusCode ?? 0, headers: headersOf(response), body: response }
  } catch (error) {
    throw explained(error, given.url)
  }
}

function explained(error: unknown, { origin }: URL): OutboundError {
  if (error instanceof OutboundError) return error
  if (unsendable.has(codeOf(error)))
    return new OutboundError('invalid_request', 'A header has a name or a value that can not be sent, such as one with a line break.')
  return new OutboundError('unreachable', `${origin} did not answer: ${codeOf(error)}.`, { cause: error })
}

function send(client: Client, { url, method, headers, body, signal }: Sending): Promise<IncomingMessage> {
  const isHttps = url.protocol === 'https:'
  const bytes = body === undefined ? null : Buffer.from(body)
  const options: RequestOptions = {
    method,
    host: bareHost(url),
    port: portOf(url),
    path: `${url.pathname}${url.search}`,
    headers: { ...headers, host: url.host, 'accept-encoding': 'identity', ...(bytes && { 'content-length': String(bytes.length) }) },
    lookup: checkedLookup(url, client.rules),
    // Its own limit on the time of connections is the caller's.
    agent: isHttps ? client.https : client.http,
  }
  return new Promise((resolve, reject) => {
    const request = isHttps ? httpsRequest(options, resolve) : httpRequest(options, resolve)
    // The answer too ends with the request.
    const abort = () => void request.destroy(new Error('the request was given up'))
    signal.addEventListener('abort', abort, { once: true })
    request.on('error', reject)
    if (client.connectMs !== undefined) giveUpConnecting(request, client.connectMs)
    // An answer that is none, such as the change to another protocol, ends the connection without an error.
    request.on('close', () => {
      signal.removeEventListener('abort', abort)
      reject(new Error('the connection ended without an answer'))
    })
    if (signal.aborted) abort()
    else request.end(bytes ?? undefined)
  })
}

/** Ends a request that is not connected in time, by what `fetch` calls that: nobody has it then. */
function giveUpConnecting(request: ClientRequest, afterMs: number): void {
  request.once('socket', (socket) => {
    if (!socket.connecting) return
    const error = Object.assign(new Error('no connection was made'), { code: 'UND_ERR_CONNECT_TIMEOUT' })
    const timer = setTimeout(() => request.destroy(error), afterMs)
    const stop = () => clearTimeout(timer)
    socket.once('connect', stop).once('close', stop)
  })
}

/** Asked for each new connection, which then goes to what was checked here. A connection that is open went through it before. */
function checkedLookup(url: URL, rules: TargetRules): LookupFunction {
  return (_hostname, options, callback) => {
    resolveTarget(url, rules).then(
      (addresses) => {
        const [first] = addresses
        if (options.all) callback(null, [...addresses])
        else callback(null, first?.address ?? '', first?.family)
      },
      // What it rejects with are errors.
      (error: unknown) => callback(error as Error, ''),
    )
  }
}

function readBody(response: IncomingMessage, { maxBytes, whenLonger, url }: Exchange): Promise<{ body: Uint8Array; isCut: boolean }> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const take = (chunk: Buffer) => {
      chunks.push(chunk)
      length += chunk.length
      if (length <= maxBytes) return
      response.off('data', take)
      response.destroy()
      if (whenLonger === 'cut') return resolve({ body: Buffer.concat(chunks).subarray(0, maxBytes), isCut: true })
      reject(new OutboundError('too_large', `The answer of ${url.origin} is longer than ${maxBytes} bytes.`))
    }
    response.on('data', take)
    response.on('end', () => resolve({ body: chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks), isCut: false }))
    response.on('error', reject)
    response.on('close', () => reject(new Error('the connection ended in the middle of the answer')))
  })
}

function headersOf(response: IncomingMessage): Record<string, string> {
  // Names are data of the other side.
  const headers: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(response.headers)) headers[name] = Array.isArray(value) ? value.join(', ') : (value ?? '')
  return headers
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'the connection broke'
}
