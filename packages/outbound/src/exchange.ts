import { request as httpRequest, type Agent as HttpAgent, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest, type Agent as HttpsAgent } from 'node:https'
import type { LookupFunction } from 'node:net'

import { OutboundError } from './errors.ts'
import { portOf, type Target } from './target.ts'

export interface Agents {
  readonly http: HttpAgent
  readonly https: HttpsAgent
}

export interface Message {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | undefined
}

interface Exchange extends Message {
  readonly target: Target
  readonly signal: AbortSignal
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

/** Sends one message to one of the addresses that were checked, and reads the answer. @throws OutboundError */
export async function exchange(agents: Agents, given: Exchange): Promise<Answer> {
  const { url } = given.target
  try {
    const response = await send(agents, given)
    const { body, isCut } = await readBody(response, given)
    return { status: response.statusCode ?? 0, headers: headersOf(response), body, isCut }
  } catch (error) {
    if (error instanceof OutboundError) throw error
    if (unsendable.has(codeOf(error)))
      throw new OutboundError('invalid_request', 'A header has a name or a value that can not be sent, such as one with a line break.')
    throw new OutboundError('unreachable', `${url.origin} did not answer: ${codeOf(error)}.`, { cause: error })
  }
}

async function send(agents: Agents, { target, method, headers, body, signal }: Exchange): Promise<IncomingMessage> {
  const { url } = target
  const isHttps = url.protocol === 'https:'
  const bytes = body === undefined ? null : Buffer.from(body)
  const options: RequestOptions = {
    method,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: portOf(url),
    path: `${url.pathname}${url.search}`,
    headers: { ...headers, host: url.host, 'accept-encoding': 'identity', ...(bytes && { 'content-length': String(bytes.length) }) },
    lookup: pinned(target),
    signal,
    // Its own limit on the time of connections is the caller's.
    agent: isHttps ? agents.https : agents.http,
  }
  return new Promise((resolve, reject) => {
    const request = isHttps ? httpsRequest(options, resolve) : httpRequest(options, resolve)
    request.on('error', reject)
    // An answer that is none, such as the change to another protocol, ends the connection without an error.
    request.on('close', () => reject(new Error('the connection ended without an answer')))
    request.end(bytes ?? undefined)
  })
}

/** A lookup that knows only what was checked. */
function pinned({ addresses }: Target): LookupFunction {
  return (_hostname, options, callback) => {
    const [first] = addresses
    if (options.all) callback(null, [...addresses])
    else callback(null, first?.address ?? '', first?.family)
  }
}

async function readBody(
  response: IncomingMessage,
  { maxBytes, whenLonger, target }: Exchange,
): Promise<{ body: Uint8Array; isCut: boolean }> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response) {
    // Without an encoding, chunks are buffers.
    const bytes = chunk as Buffer
    chunks.push(bytes)
    length += bytes.length
    if (length <= maxBytes) continue
    response.destroy()
    if (whenLonger === 'refuse')
      throw new OutboundError('too_large', `The answer of ${target.url.origin} is longer than ${maxBytes} bytes.`)
    return { body: Buffer.concat(chunks).subarray(0, maxBytes), isCut: true }
  }
  return { body: Buffer.concat(chunks), isCut: false }
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
