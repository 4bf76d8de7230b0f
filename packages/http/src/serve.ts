import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'

import helmet from 'helmet'

import type { Engine } from '@engine/core'

import { accessOf, type ModeOptions } from './access/mode.ts'
import { createHandler, type HandlerOptions } from './handler.ts'
import { defaultLimits, type LimitOptions } from './limits.ts'
import { listen, type RunningServer } from './listening.ts'
import { answerNode } from './node.ts'
import { whenReady } from './starting.ts'

export interface ServeOptions extends ModeOptions, Pick<HandlerOptions, 'logger' | 'mcp' | 'metricsToken' | 'streamPatienceMs' | 'board'> {
  /** An engine that is still opening its database is served as not ready until it is there. */
  readonly engine: Engine | Promise<Engine>
  /** 0 takes any free port. */
  readonly port?: number | undefined
  /** How much one caller with a credential may ask; as `defaultLimits` say when left out, and without limits for null. */
  readonly limits?: LimitOptions | null | undefined
}

/** Serves the API, its documentation and the board or the status page. @throws when the address is taken, or would let somebody in whom nobody meant */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { engine, host = '127.0.0.1', port = 4400, logger, mcp, board, limits = defaultLimits, streamPatienceMs, metricsToken } = options
  const access = accessOf(options)
  const stopping = new AbortController()
  const current = whenReady(engine, (ready) =>
    createHandler({
      engine: ready,
      ...access,
      stopping: stopping.signal,
      logger,
      mcp,
      limits: limits ?? undefined,
      metricsToken,
      streamPatienceMs,
      board,
    }),
  )
  const common = securityHeaders(options.publicUrls)
  const answer = (request: IncomingMessage, response: ServerResponse) =>
    void answerNode({ handler: current.handler, common }, request, response).catch((error: unknown) => {
      // Whoever reads what was begun sees that it is cut off, rather than that it is whole.
      logger?.error('an answer broke off', { error: String(error) })
      response.destroy()
    })
  return listen(answer, { host, port, stopping })
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
