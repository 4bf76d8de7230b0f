import { once } from 'node:events'
import { createServer, IncomingMessage, ServerResponse, type Server } from 'node:http'
import { Socket, type AddressInfo } from 'node:net'

import helmet from 'helmet'

import type { Engine, Logger } from '@engine/core'

import { accessOf, type ModeOptions } from './access/mode.ts'
import { createHandler, type Handler, type HandlerOptions } from './handler.ts'
import { defaultLimits, type LimitOptions } from './limits.ts'
import { answerNode } from './node.ts'
import { startingHandler } from './starting.ts'

export interface ServeOptions extends ModeOptions {
  /** An engine that is still opening its database is served as not ready until it is there. */
  readonly engine: Engine | Promise<Engine>
  /** 0 takes any free port. */
  readonly port?: number
  readonly logger?: Logger
  /** What answers at `/mcp`, such as `mcpEndpoint` of @engine/mcp; left out, nothing does. */
  readonly mcp?: HandlerOptions['mcp']
  /** What a monitor sends to read `/metrics`, beside the local operator. */
  readonly metricsToken?: string
  /** How much one caller with a credential may ask; as `defaultLimits` say when left out, and without limits for null. */
  readonly limits?: LimitOptions | null
  /** How long a client of a stream may leave unread what it was sent before its connection is closed, milliseconds; 30 seconds. */
  readonly streamPatienceMs?: number
  /** The folder of a web app that is served at `/`, such as `boardFolder` of @engine/ui-kit; left out, a plain page of what goes on. */
  readonly board?: URL
}

export interface RunningServer {
  readonly url: string
  /** Ends open streams, refuses new requests, resolves when the last answer is out. Safe to call twice. */
  close(): Promise<void>
}

/** Serves the API, its documentation and the board or the status page. @throws when the address is taken, or would let somebody in whom nobody meant */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { engine, host = '127.0.0.1', port = 4400, logger, mcp, board, limits = defaultLimits, streamPatienceMs, metricsToken } = options
  const access = accessOf(options)
  const stopping = new AbortController()
  const handlerFor = (ready: Engine) =>
    createHandler({
      engine: ready,
      ...access,
      stopping: stopping.signal,
      ...(logger && { logger }),
      ...(mcp && { mcp }),
      ...(limits && { limits }),
      ...(metricsToken !== undefined && { metricsToken }),
      ...(streamPatienceMs !== undefined && { streamPatienceMs }),
      ...(board && { board }),
    })
  const current = engine instanceof Promise ? eventually(engine.then(handlerFor)) : { handler: handlerFor(engine) }
  const common = securityHeaders(options.publicUrls)
  const secured: Handler = async (request) => {
    const answer = await current.handler(request)
    return { ...answer, headers: { ...common, ...answer.headers } }
  }
  const server = createServer((request, response) => {
    answerNode(secured, request, response).catch((error: unknown) => {
      // Whoever reads what was begun sees that it is cut off, rather than that it is whole.
      logger?.error('an answer broke off', { error: String(error) })
      response.destroy()
    })
    // A connection that was busy when the stop was asked for has nothing to wait for once it is not.
    const letGo = () => stopping.signal.aborted && server.closeIdleConnections()
    request.on('close', letGo)
    response.on('close', letGo)
  })
  await listen(server, { host: unbracketed(host), port })
  // A server that listens on an IP address has an AddressInfo.
  const address = server.address() as AddressInfo
  return { url: `http://${host.includes(':') ? `[${unbracketed(host)}]` : host}:${address.port}`, close: () => close(server, stopping) }
}

/** Says that it is starting until the real handler is there; an engine that never comes is its opener's to report. */
function eventually(handler: Promise<Handler>): { handler: Handler } {
  const current = { handler: startingHandler }
  handler.then(
    (ready) => (current.handler = ready),
    () => undefined,
  )
  return current
}

/** What helmet says in every answer, asked once: it is the same for all. By names in lower case. */
function securityHeaders(publicUrls: readonly string[] = []): Record<string, string> {
  // The documentation viewer styles itself at run time; scripts come from this server only.
  const directives = {
    'script-src': ["'self'"],
    'style-src': ["'self'", "'unsafe-inline'"],
    'font-src': ["'self'", 'data:'],
    'upgrade-insecure-requests': null,
  }
  // Said over plain http, which only this machine speaks with it, browsers take no notice of it.
  const isSecure = publicUrls.some((url) => url.startsWith('https:'))
  const request = new IncomingMessage(new Socket())
  const response = new ServerResponse(request)
  helmet({ contentSecurityPolicy: { directives }, strictTransportSecurity: isSecure && { includeSubDomains: false } })(
    request,
    response,
    () => undefined,
  )
  return Object.fromEntries(Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)]))
}

/** `[::1]` is how a URL says it, `::1` is the address. */
function unbracketed(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1')
}

async function listen(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      throw new Error(`Port ${port} on ${host} is taken. Stop what holds it, or choose another one by PORT or --port.`, { cause: error })
    }
    throw error
  }
}

/** How long answers under way may take once a stop was asked for; then their connections are cut. */
const closeGraceMs = 2_000

async function close(server: Server, stopping: AbortController): Promise<void> {
  const closed = once(server, 'close')
  stopping.abort()
  server.close()
  const cut = setTimeout(() => server.closeAllConnections(), closeGraceMs)
  await closed
  clearTimeout(cut)
}
