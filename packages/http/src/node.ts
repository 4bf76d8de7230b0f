import { once } from 'node:events'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'

import type { Handler } from './handler.ts'
import { alreadyRead, readChunks } from './web.ts'
import { hasNoBody, type WireRequest, type WireResponse } from './wire.ts'

/** What answers, and what every answer says unless it says otherwise itself: headers by names in lower case. */
interface Answering {
  readonly handler: Handler
  readonly common?: Readonly<Record<string, string>>
}

/** Answers one request of node:http, and so of express. */
export async function answerNode({ handler, common }: Answering, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = whenGone(response)
  const answer = await handler(fromNode(request, gone))
  const { status, body } = answer
  const headers: OutgoingHttpHeaders = { ...common, ...answer.headers }
  if (typeof body === 'string' || body instanceof Uint8Array) sendWhole(request, response, { status, headers, body })
  else {
    await stream(response, { status, headers, body, patience: answer.patience }, gone)
    end(request, response)
  }
}

function ignore(): void {}

/** Aborts when the client went away; made for who asks, since most answers are out before anybody does. */
function whenGone(response: ServerResponse): () => AbortSignal {
  let gone: AbortController | undefined
  return () => {
    if (gone) return gone.signal
    const controller = (gone = new AbortController())
    if (response.destroyed) controller.abort()
    else response.on('close', () => controller.abort())
    return controller.signal
  }
}

/** How long the rest of a refused body is read and thrown away, so that the client sees the answer and not a reset. */
const discardMs = 1_000

/**
 * Ends an answer of which everything was said. Where nobody read the whole body of the request, its rest is thrown away first: with the end a
 * connection that is not kept is closed, and nginx, which keeps none, calls what it can not send by then a failure of ours.
 */
function end(request: IncomingMessage, response: ServerResponse): void {
  if (request.complete) return void response.end()
  const timer = setTimeout(() => {
    response.end()
    request.destroy()
  }, discardMs)
  const over = () => {
    clearTimeout(timer)
    response.end()
  }
  request.on('end', over).on('close', over).on('error', over).resume()
}

function fromNode(request: IncomingMessage, gone: () => AbortSignal): WireRequest {
  return {
    method: request.method ?? 'GET',
    url: urlOf(request.url ?? '/'),
    header: (name) => {
      const value = request.headers[name]
      return Array.isArray(value) ? value.join(', ') : (value ?? null)
    },
    peer: request.socket.remoteAddress ?? null,
    body: async (limit) => {
      // Who only looked has put back what it saw.
      if (request.readableDidRead && request.readableLength === 0) throw alreadyRead()
      // Stopping early must not close the socket that the answer goes out on.
      return readChunks(request.iterator({ destroyOnReturn: false }), limit)
    },
    signal: gone,
    ...('baseUrl' in request && typeof request.baseUrl === 'string' && { basePath: request.baseUrl }),
  }
}

/** Only path and query count. A path that begins with two slashes names no host, and a whole URL is as good as its path. */
function urlOf(target: string): URL {
  if (!target.startsWith('/') && URL.canParse(target)) return new URL(target)
  return new URL(`http://engine.invalid${target.startsWith('/') ? '' : '/'}${target}`)
}

interface Sent<Body> {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly body: Body
}

function sendWhole(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Sent<string | Uint8Array>): void {
  // Nobody reads it any more, and to write would be a failure of ours.
  if (response.destroyed) return
  const length = Buffer.byteLength(body)
  if (!hasNoBody(status)) headers['content-length'] ??= length
  response.writeHead(status, headers)
  // As many bytes as characters: plain ASCII, which is the same in Latin-1, and that costs node less to write.
  const encoding = length === body.length ? 'latin1' : 'utf8'
  if (request.complete) return void response.end(body, encoding)
  response.write(body, encoding)
  end(request, response)
}

interface Streamed extends Sent<AsyncIterable<string | Uint8Array>> {
  readonly patience: WireResponse['patience'] | undefined
}

async function stream(response: ServerResponse, { status, headers, body, patience }: Streamed, gone: () => AbortSignal): Promise<void> {
  // A client that goes away while we write is no failure of ours; that it is gone, `close` says.
  response.on('error', ignore)
  response.writeHead(status, headers)
  response.flushHeaders()
  const signal = gone()
  for await (const part of body) {
    if (signal.aborted) break
    if (response.write(part) || (await isDrained(response, { gone: signal, patience }))) continue
    response.write(patience?.farewell() ?? '')
    // Read or not, it is over.
    setTimeout(() => response.destroy(), farewellMs).unref()
    break
  }
}

/** How long a client that did not read for long may take to hear why its stream ends. */
const farewellMs = 1_000

interface Waited {
  readonly gone: AbortSignal
  readonly patience: WireResponse['patience'] | undefined
}

/** Whether a client goes on reading, or went away, in the time that it is given. */
async function isDrained(response: ServerResponse, { gone, patience }: Waited): Promise<boolean> {
  const slow = new AbortController()
  const timer = patience && setTimeout(() => slow.abort(), patience.ms)
  // Rejects when the client goes away instead, which `gone` tells as well.
  await once(response, 'drain', { signal: AbortSignal.any([gone, slow.signal]) }).catch(() => undefined)
  clearTimeout(timer)
  return !slow.signal.aborted
}
