import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'

import type { Logger } from '@engine/core/plugin'

import { watchDoorway } from './doorway.ts'
import { path, refusalOf } from './guard.ts'

/** The largest deliverable fits, which is a million bytes, with what JSON makes of them. */
const maxBodyBytes = 4 * 1024 * 1024
const mostAtOnce = 32
const mostConnections = 64
/** Short, so that whoever opens connections without the token keeps none for long, and gives it up sooner for a new one. */
const headersTimeoutMs = 2_000
const requestTimeoutMs = 30_000

/** Answers a request whose body is this JSON. */
export type Answer = (request: Request, body: unknown) => Promise<Response>

export interface Listener {
  readonly url: string
  /** Ends all connections and resolves when none is left. */
  close(): Promise<void>
}

/** Listens on this machine only, at a port that the system chooses, for requests that bring the token. */
export async function listen(token: string, answer: Answer, logger: Logger): Promise<Listener> {
  let host = ''
  let open = 0
  const server = createServer({ headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs, connectionsCheckingInterval: 500 })
  const doorway = watchDoorway(server, mostConnections)
  server.on('request', (request, response) => {
    const refusal = refusalOf(request, { host, token })
    if (refusal === null) doorway.admit(request.socket)
    const status = refusal ?? (open >= mostAtOnce ? 503 : null)
    if (status !== null) return refuse(response, status)
    open += 1
    void serve(request, response, answer)
      .catch((error: unknown) => {
        // Whoever left is nobody to answer.
        if (!request.socket.destroyed) logger.warn('a program could not be answered', { reason: String(error) })
        if (response.headersSent) response.destroy()
        else refuse(response, 500)
      })
      .finally(() => (open -= 1))
  })
  server.on('error', (error) => logger.warn('the tools of a run could not take a connection', { reason: String(error) }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A TCP server that listens has an address, and it is no path.
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url: `http://${host}${path}`, close: () => closeServer(server) }
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}

/** Whatever a client does wrong is answered. Rejects when it could not be. */
async function serve(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> {
  const body = await readBody(request)
  if (body === null) return refuse(response, 413)
  const parsed = parse(body)
  if (parsed === undefined) return refuse(response, 400)
  await send(response, await answer(webRequest(request), parsed))
}

/** Null when it is too long. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = []
  let length = 0
  // Nobody set an encoding, so chunks are buffers. The answer goes out on the same socket.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk as Buffer)
    length += (chunk as Buffer).length
    if (length > maxBodyBytes) return null
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Undefined for what is no message. Lists of messages are none either: one request would be answered as many times as fit into it. */
function parse(body: string): unknown {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

function webRequest({ headers, headersDistinct }: IncomingMessage): Request {
  const given = Object.entries(headersDistinct).flatMap(([name, values = []]) => values.map((value): [string, string] => [name, value]))
  return new Request(`http://${headers.host}${path}`, { method: 'POST', headers: given })
}

async function send(response: ServerResponse, answer: Response): Promise<void> {
  response.writeHead(answer.status, Object.fromEntries(answer.headers))
  if (!answer.body) return void response.end()
  // Streams of bytes, whatever the types of the two worlds call them.
  await pipeline(Readable.fromWeb(answer.body as ReadableStream), response)
}

/** The connection ends with it, so that nobody has to read what is left of the body. */
function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { connection: 'close', 'content-length': 0, ...(status === 405 && { allow: 'POST' }) })
  response.end()
}
