import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import express from 'express'
import helmet from 'helmet'

import type { Engine, Logger, UserActor } from '@engine/core'

import { expressHandler, type ExpressHandler } from './express.ts'
import type { HandlerOptions } from './handler.ts'
import { isLoopback } from './local-guard.ts'
import { answerNode } from './node.ts'
import { startingHandler } from './starting.ts'

export interface ServeOptions {
  /** An engine that is still opening its database is served as not ready until it is there. */
  readonly engine: Engine | Promise<Engine>
  /** A loopback address: there are no accounts yet, so a wider one is refused. */
  readonly host?: string
  /** 0 takes any free port. */
  readonly port?: number
  readonly logger?: Logger
  /** What answers at `/mcp`, such as `mcpEndpoint` of @engine/mcp; left out, nothing does. */
  readonly mcp?: HandlerOptions['mcp']
  /** The folder of a web app that is served at `/`, such as `boardFolder` of @engine/ui-kit; left out, a plain page of what goes on. */
  readonly board?: URL
}

export interface RunningServer {
  readonly url: string
  /** Ends open streams, refuses new requests, resolves when the last answer is out. Safe to call twice. */
  close(): Promise<void>
}

/** The person at this machine: on loopback nobody else can reach the server, so no account is needed. */
export const localOperator: UserActor = { kind: 'user', id: 'local', roles: { '*': 'owner' } }

/** Serves the API, its documentation and the board, or the status page. @throws when the address is taken or not loopback */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { engine, host = '127.0.0.1', port = 4400, logger, mcp, board } = options
  if (!isLoopback(host)) {
    throw new Error(
      `HOST=${host} would let other machines in, and this version has no accounts to tell them apart. Use 127.0.0.1, and a tunnel if you need to reach it from elsewhere.`,
    )
  }
  const stopping = new AbortController()
  const app = express()
  app.disable('x-powered-by').disable('etag').set('query parser', false)
  // The documentation viewer styles itself at run time; scripts come from this server only.
  const directives = {
    'script-src': ["'self'"],
    'style-src': ["'self'", "'unsafe-inline'"],
    'font-src': ["'self'", 'data:'],
    'upgrade-insecure-requests': null,
  }
  app.use(helmet({ contentSecurityPolicy: { directives }, strictTransportSecurity: false }))
  const handlerFor = (ready: Engine) =>
    expressHandler({
      engine: ready,
      localActor: localOperator,
      stopping: stopping.signal,
      ...(logger && { logger }),
      ...(mcp && { mcp }),
      ...(board && { board }),
    })
  const current = engine instanceof Promise ? eventually(engine.then(handlerFor)) : { handler: handlerFor(engine) }
  app.use((request, response, next) => current.handler(request, response, next))
  const server = createServer(app)
  server.on('request', (request, response) => {
    // A connection that was busy when the stop was asked for has nothing to wait for once it is not.
    const letGo = () => stopping.signal.aborted && server.closeIdleConnections()
    request.on('close', letGo)
    response.on('close', letGo)
  })
  await listen(server, { host: unbracketed(host), port })
  // A server that listens on an IP address has an AddressInfo.
  const address = server.address() as AddressInfo
  return { url: `http://${host.includes(':') ? '[::1]' : host}:${address.port}`, close: () => close(server, stopping) }
}

/** Says that it is starting until the real handler is there; an engine that never comes is its opener's to report. */
function eventually(handler: Promise<ExpressHandler>): { handler: ExpressHandler } {
  const current: { handler: ExpressHandler } = {
    handler: (request, response, next) => void answerNode(startingHandler, request, response).catch(next),
  }
  handler.then(
    (ready) => (current.handler = ready),
    () => undefined,
  )
  return current
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
