import { randomUUID } from 'node:crypto'

import { EngineError, type Actor, type Engine, type JsonObject, type JsonValue, type Logger } from '@engine/core'

import { openBoard, type Board } from './board.ts'
import { readJsonBody } from './body.ts'
import { download, givesContent, readContent, takesContent } from './content.ts'
import { docsPage, docsScript } from './docs-page.ts'
import { httpErrors } from './errors.ts'
import { guardLocal } from './local-guard.ts'
import { askMounted, type Mounted } from './mounted.ts'
import { openApiDocument } from './openapi.ts'
import { problem, statusOfKind } from './problem.ts'
import { readWhole, takesRequest } from './received.ts'
import { createRoutes, type Match, type Routes } from './routes.ts'
import { createStreams, type Streams } from './sse.ts'
import { statusPage, statusPageScript } from './status-page.ts'
import { successStatus } from './success.ts'
import { html, json, type WireRequest, type WireResponse } from './wire.ts'

export interface HandlerOptions {
  readonly engine: Engine
  readonly logger?: Logger
  /**
   * Who a request without a credential acts as. On a loopback server this is the local operator; leave it out and such
   * requests get 401.
   */
  readonly localActor?: Actor
  /** What answers at `/mcp`, such as `mcpEndpoint` of @engine/mcp; left out, nothing does. It is told who asks. */
  readonly mcp?: (engine: Engine) => Mounted
  /** The folder of a web app that is served at `/`, such as `boardFolder` of @engine/ui-kit; left out, a plain page of what goes on. */
  readonly board?: URL
  /** Ends every open stream, for a graceful stop. */
  readonly stopping?: AbortSignal
}

export type Handler = (request: WireRequest) => Promise<WireResponse>

interface Context extends HandlerOptions {
  readonly streams: Streams
  readonly routes: Routes
  readonly document: () => object
  readonly mounted: Mounted | undefined
  readonly app: Board | null
}

/** The whole HTTP surface as one function, made from the engine's registry. */
export function createHandler(options: HandlerOptions): Handler {
  let document: object | undefined
  const context: Context = {
    ...options,
    routes: createRoutes(options.engine.registry),
    streams: createStreams(options),
    document: () => (document ??= openApiDocument(options.engine.registry)),
    mounted: options.mcp?.(options.engine),
    app: options.board ? openBoard(options.board) : null,
  }
  return async (request) => {
    const requestId = randomUUID()
    const response = await respond(context, request, requestId).catch((error: unknown) => {
      const answer = problem(error, requestId)
      if (answer.status >= 500) {
        options.logger?.error('a request failed', { requestId, method: request.method, path: request.url.pathname, error: describe(error) })
      }
      return answer
    })
    const headers = { 'x-request-id': requestId, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store', ...response.headers }
    return { ...response, headers, ...(request.method === 'HEAD' && { body: '' }) }
  }
}

async function respond(context: Context, request: WireRequest, requestId: string): Promise<WireResponse> {
  const { pathname } = request.url
  if (pathname === '/api/health/live') return json(200, { status: 'live' })
  if (context.localActor) guardLocal(request)
  if (pathname === '/mcp' && context.mounted) return askMounted(context.mounted, request, await identify(context, request))
  // HEAD is GET without the body, which is cut off in the end.
  const method = request.method === 'HEAD' ? 'GET' : request.method
  if (method === 'GET') {
    const page = await readOnlyPage(context, request)
    if (page) return page
  }
  const path = pathname.startsWith('/api/') ? pathname.slice('/api'.length) : null
  const match = path === null ? null : context.routes.match(method, path)
  if (!match) throw unknownRoute(context, request)
  const actor = await authenticate(context, request, match)
  const input = await readInput(request, match)
  if (context.streams.knows(match.operation.name) && wantsStream(request)) {
    return context.streams.open(match.operation.name, { identify: () => authenticate(context, request, match), input, request })
  }
  const idempotencyKey = readIdempotencyKey(request)
  const output = await context.engine.execute(match.operation.name, {
    input,
    actor,
    requestId,
    ...(idempotencyKey !== null && { idempotencyKey }),
  })
  if (givesContent(match.operation)) return download(output)
  return json(successStatus(match.operation, output), output)
}

async function readOnlyPage(context: Context, request: WireRequest): Promise<WireResponse | null> {
  const shown = context.app?.answer(request)
  if (shown) return shown
  switch (request.url.pathname) {
    case '/':
    case '/status':
      return context.localActor ? html(await statusPage(context.engine.as(context.localActor)), pageHeaders) : null
    case '/status.js':
      return { status: 200, headers: { 'content-type': 'text/javascript; charset=utf-8' }, body: statusPageScript(context.engine.registry) }
    case '/api/health/ready': {
      const health = await context.engine.health()
      return json(health.isReady ? 200 : statusOfKind.unavailable, {
        status: health.isReady ? 'ready' : 'not_ready',
        storage: health.storage,
        liveRuns: health.liveRuns,
      })
    }
    case '/api/openapi.json':
      return json(200, context.document())
    case '/api/docs':
      return html(docsPage(context.engine.registry))
    case '/api/docs/reference.js':
      return docsScript(request.header('accept-encoding') ?? '')
    default:
      return null
  }
}

const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'",
}

/** Somebody whose call brings its own credential: the token of an invitation, the signature of a delivery. May nothing else. */
const stranger: Actor = { kind: 'user', id: 'anonymous', roles: {} }

async function authenticate(context: Context, request: WireRequest, { operation }: Match): Promise<Actor> {
  const { carriesCredential } = operation.definition.access
  // What its headers say is for the operation to read, also about who sent it.
  if (carriesCredential && takesRequest(operation)) return stranger
  if (carriesCredential && !context.localActor && request.header('authorization') === null) return stranger
  return identify(context, request)
}

/** Who a request acts for. @throws `unauthenticated` */
async function identify(context: Context, request: WireRequest): Promise<Actor> {
  const header = request.header('authorization')
  if (header === null) {
    if (context.localActor) return context.localActor
    throw new EngineError(httpErrors.unauthenticated, 'This request carries no key. Send yours as "Authorization: Bearer eng_…".')
  }
  const credential = /^Bearer\s+(\S+)$/i.exec(header)?.[1]
  const actor = credential === undefined ? null : await context.engine.authenticate(credential)
  if (!actor)
    throw new EngineError(
      httpErrors.unauthenticated,
      'This key opens nothing here. It may be mistyped, revoked, expired, or of another server.',
    )
  return actor
}

/** What a request says, from wherever it says it. */
async function readInput(request: WireRequest, match: Match): Promise<Record<string, unknown>> {
  if (takesContent(match.operation)) return readContent(request, join(request, match, {}))
  const received = takesRequest(match.operation)
  if (received) return join(request, match, await readWhole(request, received))
  const body = match.operation.definition.http?.[0] === 'GET' ? {} : await readJsonBody(request)
  return join(request, match, body)
}

/** Path, query and body as one input. A name that comes twice with different values is refused. */
function join(request: WireRequest, match: Match, body: JsonObject): JsonObject {
  const input = new Map<string, JsonValue>()
  for (const [name, value] of [...Object.entries(match.parameters), ...request.url.searchParams, ...Object.entries(body)]) {
    if (input.has(name) && input.get(name) !== value) {
      throw new EngineError(httpErrors.invalid_input, `${name} is said twice, with different values, in the path, the query or the body.`)
    }
    input.set(name, value)
  }
  return Object.fromEntries(input)
}

function wantsStream(request: WireRequest): boolean {
  return request.method === 'GET' && (request.header('accept')?.includes('text/event-stream') ?? false)
}

function readIdempotencyKey(request: WireRequest): string | null {
  const key = request.header('idempotency-key')
  if (key === null || request.method !== 'POST') return null
  if (key.length < 1 || key.length > 255) throw new EngineError(httpErrors.invalid_input, 'An Idempotency-Key has 1 to 255 characters.')
  return key
}

function unknownRoute(context: Context, request: WireRequest): EngineError {
  const { pathname } = request.url
  const methods = pathname.startsWith('/api/') ? context.routes.methods(pathname.slice('/api'.length)) : []
  const advice = methods.length > 0 ? `This path knows ${methods.join(', ')}.` : 'The routes are listed at /api/docs.'
  return new EngineError(httpErrors.unknown_route, `There is no ${request.method} ${pathname}. ${advice}`, { details: { methods } })
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
