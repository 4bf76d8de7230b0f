import { randomUUID } from 'node:crypto'

import { EngineError, type Actor, type Engine, type JsonObject, type JsonValue, type Logger } from '@engine/core'

import { createEntrance, type AccountsOptions, type Entrance, type Visit } from './access/entrance.ts'
import { accountPage, strictHeaders } from './access/pages.ts'
import { keepSession, showSession } from './access/session.ts'
import { createCredentialWatch, type CredentialWatch } from './access/watch.ts'
import { readJsonBody } from './body.ts'
import { download, givesContent, readContent, takesContent } from './content.ts'
import { docsPage, docsScript } from './docs-page.ts'
import { httpErrors } from './errors.ts'
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
  /** People log in with a password, and come with the session of their browser beside keys. Not with `localActor`. */
  readonly accounts?: AccountsOptions
  /** What answers at `/mcp`, such as `mcpEndpoint` of @engine/mcp; left out, nothing does. It is told who asks. */
  readonly mcp?: (engine: Engine) => Mounted
  /** Ends every open stream, for a graceful stop. */
  readonly stopping?: AbortSignal
}

export type Handler = (request: WireRequest) => Promise<WireResponse>

interface Context extends HandlerOptions {
  readonly streams: Streams
  readonly routes: Routes
  readonly document: () => object
  readonly mounted: Mounted | undefined
  readonly entrance: Entrance
  readonly watch: CredentialWatch
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
    entrance: createEntrance(options),
    watch: createCredentialWatch(options.engine, options.logger),
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
  // What looks after servers does not know their names.
  if (pathname === '/api/health/ready' && !context.localActor) return showHealth(context)
  const { entrance, watch, mounted } = context
  const visit = entrance.visit(request)
  if (pathname === '/mcp' && mounted) {
    const identity = await entrance.identify(visit)
    return watch.guard(identity, request, (guarded) => askMounted(mounted, guarded, identity.actor))
  }
  // HEAD is GET without the body, which is cut off in the end.
  const method = request.method === 'HEAD' ? 'GET' : request.method
  if (method === 'GET') {
    const page = await readOnlyPage(context, visit)
    if (page) return page
  }
  const path = pathname.startsWith('/api/') ? pathname.slice('/api'.length) : null
  const match = path === null ? null : context.routes.match(method, path)
  if (!match) throw unknownRoute(context, request)
  const identity = await entrance.identifyFor(visit, match.operation)
  const input = await readInput(request, match)
  if (context.streams.knows(match.operation.name) && wantsStream(request)) {
    const identify = async () => (await entrance.identifyFor(visit, match.operation)).actor
    return watch.guard(identity, request, (guarded) => context.streams.open(match.operation.name, { identify, input, request: guarded }))
  }
  const idempotencyKey = readIdempotencyKey(request)
  const result = await context.engine.execute(match.operation.name, {
    input,
    actor: identity.actor,
    requestId,
    caller: visit.caller,
    ...(idempotencyKey !== null && { idempotencyKey }),
  })
  if (givesContent(match.operation)) return download(result)
  const { output, headers } = keepSession(match.operation, result, visit)
  return json(successStatus(match.operation, result), output, headers)
}

async function readOnlyPage(context: Context, visit: Visit): Promise<WireResponse | null> {
  const { request, address } = visit
  const { pathname } = request.url
  const page = address ? accountPage(pathname, address.base) : null
  if (page) return page
  switch (pathname) {
    case '/':
      return showStatus(context, visit)
    case '/api/session':
      return showSession({ ...context, isLocal: context.localActor !== undefined }, visit)
    case '/status.js':
      return { status: 200, headers: { 'content-type': 'text/javascript; charset=utf-8' }, body: statusPageScript(context.engine.registry) }
    case '/api/health/ready':
      return showHealth(context)
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

async function showHealth({ engine }: Context): Promise<WireResponse> {
  const { isReady, storage, liveRuns } = await engine.health()
  return json(isReady ? 200 : statusOfKind.unavailable, { status: isReady ? 'ready' : 'not_ready', storage, liveRuns })
}

/** What is going on, for who is at this machine or logged in; whoever is neither logs in first. */
async function showStatus({ engine, entrance, localActor }: Context, visit: Visit): Promise<WireResponse | null> {
  const session = await entrance.session(visit)
  const actor = localActor ?? session?.actor
  if (actor) return html(await statusPage(engine.as(actor), { canLogOut: session !== null }), strictHeaders)
  return visit.address ? { status: 303, headers: { location: `${visit.address.base}/login` }, body: '' } : null
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
